//! Runs the cases of the scenario with the Rust client, and prints a line of JSON for each step: see test/clients/README.md.

use std::{
    collections::{HashMap, hash_map::Entry},
    error::Error,
    fs,
    future::Future,
    sync::{Arc, Mutex},
    time::Duration,
};

use otpd_client::tonic::metadata::MetadataMap;
use otpd_client::{AdminClient, Client, ClientTlsConfig, Identity, authorities, v1};
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
    headers: Option<Vec<String>>,
    #[serde(default)]
    closed: bool,
    #[serde(default)]
    text: bool,
}

/// Both clients, which answer one kind of call each.
#[derive(Clone)]
struct Clients {
    otp: Client,
    admin: AdminClient,
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
                // A client of its own, for this step.
                _ if step.closed => connect(&config.servers[whom.0], &config.keys[whom.1], whom.2).inspect(close),
                Entry::Occupied(known) => Ok(Clients::clone(known.get())),
                Entry::Vacant(new) => {
                    connect(&config.servers[whom.0], &config.keys[whom.1], whom.2).map(|client| new.insert(client).clone())
                }
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

fn connect(server: &Server, api_key: &str, deadline_ms: Option<u64>) -> Outcome<Clients> {
    let address = &server.address;
    let clients = match &server.ca {
        Some(ca) => Clients {
            otp: Client::connect_tls(address, api_key, tls(server, ca)?)?,
            admin: AdminClient::connect_tls(address, api_key, tls(server, ca)?)?,
        },
        None => Clients { otp: Client::connect_plaintext(address, api_key)?, admin: AdminClient::connect_plaintext(address, api_key)? },
    };
    with_deadline(clients, deadline_ms)
}

fn close(clients: &Clients) {
    clients.otp.close();
    clients.admin.close();
}

fn tls(server: &Server, ca: &str) -> Outcome<ClientTlsConfig> {
    let config = ClientTlsConfig::new().ca_certificate(authorities(fs::read(ca)?)?);
    let (Some(cert), Some(key)) = (&server.cert, &server.key) else { return Ok(config) };
    Ok(config.identity(Identity::from_pem(fs::read(cert)?, fs::read(key)?)))
}

fn with_deadline(clients: Clients, ms: Option<u64>) -> Outcome<Clients> {
    Ok(match ms.map(Duration::from_millis) {
        Some(deadline) => Clients { otp: clients.otp.with_deadline(deadline)?, admin: clients.admin.with_deadline(deadline)? },
        None => clients,
    })
}

/// An error of the library outside of a call is a refusal.
fn refusal(error: Box<dyn Error>) -> Outcome<Value> {
    let refused = error.downcast::<otpd_client::Error>()?;
    Ok(json!({"code": "REFUSED", "message": refused.message()}))
}

/// Calls as often as the step says; only a broken step is an error here, a failed call is a result.
async fn perform(clients: Clients, step: &Step, saved: &mut HashMap<String, String>, pool: &DescriptorPool) -> Outcome<Value> {
    let mut request = step.request.clone();
    fill_in(&mut request, saved);
    let mut clients = with_deadline(clients, step.deadline_ms)?;
    let received = Arc::new(Mutex::new(MetadataMap::new()));
    let seen = received.clone();
    clients.otp = clients.otp.with_observer(move |headers| *seen.lock().unwrap() = headers.clone());
    for _ in 1..step.repeat.unwrap_or(1) {
        let _ = call(&clients, step, &request, pool).await;
    }
    match call(&clients, step, &request, pool).await {
        Ok(response) => {
            for (name, path) in &step.save {
                let value = response.pointer(&format!("/{}", path.replace('.', "/"))).ok_or("the response has nothing there")?;
                saved.insert(name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            }
            let mut line = json!({"code": "OK", "response": response});
            if let Some(names) = &step.headers {
                let headers = received.lock().unwrap();
                let header = |name: &String| (name.clone(), json!(headers.get(name).and_then(|value| value.to_str().ok())));
                line["headers"] = names.iter().map(header).collect();
            }
            Ok(line)
        }
        Err(error) => {
            let error = error.downcast_ref::<otpd_client::Error>().ok_or_else(|| error.to_string())?;
            let mut line = failure(error);
            if step.text {
                line["text"] = json!(error.to_string());
            }
            Ok(line)
        }
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

async fn call(clients: &Clients, step: &Step, request: &Value, pool: &DescriptorPool) -> Outcome<Value> {
    let Clients { otp, admin } = clients;
    match step.rpc.as_str() {
        "WatchToken" => watch(otp, request, step.take, pool).await,
        "Generate" => unary(pool, step, request, |message| otp.generate(message)).await,
        "Token" => unary(pool, step, request, |message| otp.token(message)).await,
        "Verify" => unary(pool, step, request, |message| otp.verify(message)).await,
        "BatchToken" => unary(pool, step, request, |message| otp.batch_token(message)).await,
        "BatchVerify" => unary(pool, step, request, |message| otp.batch_verify(message)).await,
        "ResyncHotp" => unary(pool, step, request, |message| otp.resync_hotp(message)).await,
        "GenerateRecoveryCodes" => unary(pool, step, request, |message| otp.generate_recovery_codes(message)).await,
        "VerifyRecoveryCode" => unary(pool, step, request, |message| otp.verify_recovery_code(message)).await,
        "RevokeRecoveryCodes" => unary(pool, step, request, |message| otp.revoke_recovery_codes(message)).await,
        "Seal" => unary(pool, step, request, |message| otp.seal(message)).await,
        "Rewrap" => unary(pool, step, request, |message| otp.rewrap(message)).await,
        "ImportKeys" => unary(pool, step, request, |message| otp.import_keys(message)).await,
        "ExportKeys" => unary(pool, step, request, |message| otp.export_keys(message)).await,
        "GetUsage" => unary(pool, step, request, |message| otp.get_usage(message)).await,
        "admin.CreateApiKey" => unary(pool, step, request, |message| admin.create_api_key(message)).await,
        "admin.GetApiKey" => unary(pool, step, request, |message| admin.get_api_key(message)).await,
        "admin.ListApiKeys" => unary(pool, step, request, |message| admin.list_api_keys(message)).await,
        "admin.RotateApiKey" => unary(pool, step, request, |message| admin.rotate_api_key(message)).await,
        "admin.RevokeApiKey" => unary(pool, step, request, |message| admin.revoke_api_key(message)).await,
        "admin.GetApiKeyUsage" => unary(pool, step, request, |message| admin.get_api_key_usage(message)).await,
        "admin.ListPlans" => unary(pool, step, request, |message| admin.list_plans(message)).await,
        "admin.ListSealingKeys" => unary(pool, step, request, |message| admin.list_sealing_keys(message)).await,
        "admin.GetServerStatus" => unary(pool, step, request, |message| admin.get_server_status(message)).await,
        "admin.GetAttempts" => unary(pool, step, request, |message| admin.get_attempts(message)).await,
        "admin.UnlockAttempts" => unary(pool, step, request, |message| admin.unlock_attempts(message)).await,
        other => Err(format!("no RPC is called {other}").into()),
    }
}

async fn unary<Q, R, F>(pool: &DescriptorPool, step: &Step, request: &Value, send: impl Fn(Q) -> F) -> Outcome<Value>
where
    Q: Message + Default,
    R: Message,
    F: Future<Output = Result<R, otpd_client::Error>>,
{
    let name = match step.rpc.strip_prefix("admin.") {
        Some(rpc) => format!("otp.admin.v1.{rpc}"),
        None => format!("otp.v1.{}", step.rpc),
    };
    let message = from_json(pool, &format!("{name}Request"), request)?;
    to_json(pool, &format!("{name}Response"), &send(message).await?)
}

async fn watch(client: &Client, request: &Value, take: usize, pool: &DescriptorPool) -> Outcome<Value> {
    let request: v1::WatchTokenRequest = from_json(pool, "otp.v1.WatchTokenRequest", request)?;
    let mut tokens = client.watch_token(request).await?;
    let mut messages = Vec::new();
    while messages.len() < take
        && let Some(message) = tokens.message().await?
    {
        messages.push(to_json(pool, "otp.v1.WatchTokenResponse", &message)?);
    }
    Ok(json!({"messages": messages}))
}

// prost has no JSON form: the descriptor set of the contract translates.
fn from_json<M: Message + Default>(pool: &DescriptorPool, name: &str, json: &Value) -> Outcome<M> {
    let descriptor = pool.get_message_by_name(name).ok_or("no such message")?;
    Ok(DynamicMessage::deserialize(descriptor, json)?.transcode_to()?)
}

fn to_json(pool: &DescriptorPool, name: &str, message: &impl Message) -> Outcome<Value> {
    let descriptor = pool.get_message_by_name(name).ok_or("no such message")?;
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
            "reason": error.reason().map_or("", |reason| reason.as_str_name()),
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
