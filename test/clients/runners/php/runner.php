<?php

declare(strict_types=1);

// Runs the cases of a configuration with the PHP client, and prints one line of JSON for each step: see test/clients/README.md.

require __DIR__ . '/../../../../clients/php/src/autoload.php';

use Otpd\AdminClient;
use Otpd\Client;
use Otpd\OtpException;

final class Runner
{
    private array $clients = [];

    public function __construct(private readonly array $config)
    {
    }

    public function run(): void
    {
        foreach ($this->config['cases'] as ['name' => $name, 'steps' => $steps]) {
            $saved = [];
            foreach ($steps as $index => $step) {
                $line = ['case' => $name, 'step' => $index] + $this->outcome($step, $saved);
                echo json_encode($line, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE), "\n";
                foreach ($step['save'] ?? [] as $variable => $path) {
                    $value = json_decode(json_encode($line['response']), true);
                    foreach (explode('.', $path) as $part) {
                        $value = $value[$part];
                    }
                    $saved['${' . $variable . '}'] = (string) $value;
                }
            }
        }
    }

    private function outcome(array $step, array $saved): array
    {
        $rpc = preg_replace('/^admin\./', '', $step['rpc'], 1, $isAdmin);
        $type = ($isAdmin ? 'Otp\\Admin\\V1\\' : 'Otp\\V1\\') . $rpc . 'Request';
        $request = new $type();
        // An empty object is an empty list to PHP.
        $json = json_encode($step['request'] ?: new stdClass(), JSON_THROW_ON_ERROR);
        $request->mergeFromJsonString(strtr($json, $saved));
        try {
            $client = $this->client($step, (bool) $isAdmin);
            for ($left = $step['repeat'] ?? 1; $left > 1; $left--) {
                try {
                    $this->call($client, $rpc, $request, $step);
                } catch (OtpException) {
                    // The last result counts.
                }
            }
            $response = $this->call($client, $rpc, $request, $step);
            $headers = [];
            foreach ($step['headers'] ?? [] as $name) {
                $headers[$name] = $client->headers()[$name] ?? null;
            }
            return ['code' => 'OK', 'response' => $response] + (isset($step['headers']) ? ['headers' => $headers] : []);
        } catch (OtpException $error) {
            $text = ($step['text'] ?? false) ? ['text' => $error->getMessage()] : [];
            return ['code' => $error->status, 'error' => self::described($error)] + $text;
        } catch (InvalidArgumentException $error) {
            return ['code' => 'REFUSED', 'message' => $error->getMessage()];
        }
    }

    private function client(array $step, bool $isAdmin): Client|AdminClient
    {
        [$server, $key, $timeout] = [$step['server'] ?? 'plain', $step['key'] ?? 'full', self::timeout($step['client_deadline_ms'] ?? null)];
        $name = serialize([$server, $key, (string) $timeout, $isAdmin]);
        if ($step['closed'] ?? false) {
            $client = $this->connect($server, $key, $timeout, $isAdmin);
            $client->close();
            return $client;
        }
        return $this->clients[$name] ??= $this->connect($server, $key, $timeout, $isAdmin);
    }

    private function connect(string $server, string $key, ?float $timeout, bool $isAdmin): Client|AdminClient
    {
        $server = $this->config['servers'][$server];
        $files = array_map(file_get_contents(...), array_intersect_key($server, ['ca' => 1, 'cert' => 1, 'key' => 1]));
        return new ($isAdmin ? AdminClient::class : Client::class)(
            $server['address'],
            $this->config['keys'][$key],
            timeout: $timeout ?? 5.0,
            plaintext: $server['plaintext'] ?? !isset($files['ca']),
            rootCertificates: $files['ca'] ?? null,
            clientCertificate: isset($files['cert']) ? [$files['cert'], $files['key']] : null,
        );
    }

    private function call(Client|AdminClient $client, string $rpc, object $request, array $step): mixed
    {
        $timeout = self::timeout($step['deadline_ms'] ?? null);
        if ($rpc !== 'WatchToken') {
            return self::plain($client->{lcfirst($rpc)}($request, $timeout));
        }
        $messages = [];
        foreach ($client->watchToken($request, $timeout) as $message) {
            if (array_push($messages, self::plain($message)) === $step['take']) {
                break;
            }
        }
        return ['messages' => $messages];
    }

    private static function timeout(int|float|string|null $ms): ?float
    {
        return match ($ms) {
            null => null,
            'NaN' => NAN,
            'Infinity' => INF,
            '-Infinity' => -INF,
            default => $ms / 1000,
        };
    }

    private static function plain(object $message): mixed
    {
        // Objects, since an empty array would be an empty list.
        return json_decode($message->serializeToJsonString(), false, 64, JSON_THROW_ON_ERROR);
    }

    private static function described(OtpException $error): array
    {
        $violations = array_column($error->fieldViolations, 'field');
        sort($violations);
        return [
            'reason' => $error->reasonName ?? '',
            'violations' => $violations,
            'retry_delay' => $error->retryDelay !== null,
            'request_id' => $error->requestId !== null,
        ];
    }
}

(new Runner(json_decode(file_get_contents($argv[1]), true, 64, JSON_THROW_ON_ERROR)))->run();
