//! Runs the cases of the scenario with the Rust client, and prints a line of JSON for each step: see test/clients/README.md.

use std::{
    collections::{HashMap, hash_map::Entry},
    error::Error,
    fs,
    future::Future,
    time::Duration,
};

use otpd_client::{Client, ClientTlsConfig, Identity, authorities, v1};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage};
use serde::Deserialize;
use serde_json::{Value, json};

type Outcome<T> = Result<T, Box<dyn Error>>;

#[derive(Deserialize)]
struct Config {
    servers: HashMap<String, Server>,
    keys: HashMap<String, String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Server {
    address: String,
    ca: Option<String>,
    cert: Option<String>,
    key: Option<String>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    rpc: String,
    #[serde(default = "plain")]
    server: String,
    #[serde(default = "full")]
    key: String,
    request: Value,
    client_deadline_ms: Option<u64>,
    deadline_ms: Option<u64>,
    #[serde(default)]
    take: usize,
    repeat: Option<usize>,
    #[serde(default)]
    save: HashMap<String, String>,
}

fn plain() -> String {
    "plain".to_owned()
}

fn full() -> String {
    "full".to_owned()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let file = std::env::args().nth(1).ok_or("usage: otpd-runner config.json")?;
    let config: Config = serde_json::from_str(&fs::read_to_string(file)?)?;
    let pool = DescriptorPool::decode(include_bytes!("../../../../../gen/otp.binpb").as_slice())?;
    let mut clients = HashMap::new();
    for case in &config.cases {
        let mut saved = HashMap::new();
        for (index, step) in case.steps.iter().enumerate() {
            let whom = (&step.server, &step.key, step.client_deadline_ms);
            let client = match clients.entry(whom) {
                Entry::Occupied(known) => Ok(known.into_mut()),
                Entry::Vacant(new) => connect(&config.servers[whom.0], &config.keys[whom.1], whom.2).map(|client| new.insert(client)),
            };
            let outcome = match client {
                Ok(client) => perform(client, step, &mut saved, &pool).await,
                Err(error) => Err(error),
            };
            let mut line = outcome.or_else(refusal)?;
            line["case"] = json!(case.name);
            line["step"] = json!(index);
            println!("{line}");
        }
    }
    Ok(())
}

fn connect(server: &Server, api_key: &str, deadline_ms: Option<u64>) -> Outcome<Client> {
    let client = match &server.ca {
        Some(ca) => Client::connect_tls(&server.address, api_key, tls(server, ca)?)?,
        None => Client::connect_plaintext(&server.address, api_key)?,
    };
    with_deadline(client, deadline_ms)
}

fn tls(server: &Server, ca: &str) -> Outcome<ClientTlsConfig> {
    let config = ClientTlsConfig::new().ca_certificate(authorities(fs::read(ca)?)?);
    let (Some(cert), Some(key)) = (&server.cert, &server.key) else { return Ok(config) };
    Ok(config.identity(Identity::from_pem(fs::read(cert)?, fs::read(key)?)))
}

fn with_deadline(client: Client, ms: Option<u64>) -> Outcome<Client> {
    Ok(match ms {
        Some(ms) => client.with_deadline(Duration::from_millis(ms))?,
        None => client,
    })
}

/// An error of the library outside of a call is a refusal.
fn refusal(error: Box<dyn Error>) -> Outcome<Value> {
    let refused = error.downcast::<otpd_client::Error>()?;
    Ok(json!({"code": "REFUSED", "message": refused.message()}))
}

/// Calls as often as the step says; only a broken step is an error here, a failed call is a result.
async fn perform(client: &Client, step: &Step, saved: &mut HashMap<String, String>, pool: &DescriptorPool) -> Outcome<Value> {
    let mut request = step.request.clone();
    fill_in(&mut request, saved);
    let client = with_deadline(client.clone(), step.deadline_ms)?;
    for _ in 1..step.repeat.unwrap_or(1) {
        let _ = call(&client, step, &request, pool).await;
    }
    match call(&client, step, &request, pool).await {
        Ok(response) => {
            for (name, path) in &step.save {
                let value = response.pointer(&format!("/{}", path.replace('.', "/"))).ok_or("the response has nothing there")?;
                saved.insert(name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            }
            Ok(json!({"code": "OK", "response": response}))
        }
        Err(error) => Ok(failure(error.downcast_ref::<otpd_client::Error>().ok_or_else(|| error.to_string())?)),
    }
}

fn fill_in(value: &mut Value, saved: &HashMap<String, String>) {
    match value {
        Value::String(text) => {
            for (name, value) in saved {
                *text = text.replace(&format!("${{{name}}}"), value);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| fill_in(item, saved)),
        Value::Object(fields) => fields.values_mut().for_each(|field| fill_in(field, saved)),
        _ => {}
    }
}

async fn call(client: &Client, step: &Step, request: &Value, pool: &DescriptorPool) -> Outcome<Value> {
    match step.rpc.as_str() {
        "Generate" => unary(pool, "Generate", request, |message| client.generate(message)).await,
        "Token" => unary(pool, "Token", request, |message| client.token(message)).await,
        "Verify" => unary(pool, "Verify", request, |message| client.verify(message)).await,
        "WatchToken" => watch(client, request, step.take, pool).await,
        other => Err(format!("no RPC is called {other}").into()),
    }
}

async fn unary<Q, R, F>(pool: &DescriptorPool, rpc: &str, request: &Value, send: impl Fn(Q) -> F) -> Outcome<Value>
where
    Q: Message + Default,
    R: Message,
    F: Future<Output = Result<R, otpd_client::Error>>,
{
    let message = from_json(pool, &format!("{rpc}Request"), request)?;
    to_json(pool, &format!("{rpc}Response"), &send(message).await?)
}

async fn watch(client: &Client, request: &Value, take: usize, pool: &DescriptorPool) -> Outcome<Value> {
    let request: v1::WatchTokenRequest = from_json(pool, "WatchTokenRequest", request)?;
    let mut tokens = client.watch_token(request).await?;
    let mut messages = Vec::new();
    while messages.len() < take
        && let Some(message) = tokens.message().await?
    {
        messages.push(to_json(pool, "WatchTokenResponse", &message)?);
    }
    Ok(json!({"messages": messages}))
}

// prost has no JSON form: the descriptor set of the contract translates.
fn from_json<M: Message + Default>(pool: &DescriptorPool, name: &str, json: &Value) -> Outcome<M> {
    let descriptor = pool.get_message_by_name(&format!("otp.v1.{name}")).ok_or("no such message")?;
    Ok(DynamicMessage::deserialize(descriptor, json)?.transcode_to()?)
}

fn to_json(pool: &DescriptorPool, name: &str, message: &impl Message) -> Outcome<Value> {
    let descriptor = pool.get_message_by_name(&format!("otp.v1.{name}")).ok_or("no such message")?;
    let mut dynamic = DynamicMessage::new(descriptor);
    dynamic.transcode_from(message)?;
    Ok(serde_json::to_value(dynamic)?)
}

fn failure(error: &otpd_client::Error) -> Value {
    let mut violations: Vec<_> = error.field_violations().iter().map(|violation| &violation.field).collect();
    violations.sort();
    json!({
        "code": snake_case(&format!("{:?}", error.code())),
        "error": {
            "reason": error.reason().unwrap_or(""),
            "violations": violations,
            "retry_delay": error.retry_delay().is_some(),
            "request_id": error.request_id().is_some(),
        },
    })
}

/// `InvalidArgument` as `INVALID_ARGUMENT`.
fn snake_case(name: &str) -> String {
    let words = name.chars().enumerate().map(|(i, c)| if i > 0 && c.is_uppercase() { format!("_{c}") } else { c.to_string() });
    words.collect::<String>().to_uppercase()
}
