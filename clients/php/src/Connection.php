<?php

declare(strict_types=1);

namespace Otpd;

use Google\Protobuf\Internal\Message;

/**
 * The HTTP/2 connection to the service, kept by curl; what goes with every call on it; and the retries.
 *
 * @internal
 */
final class Connection
{
    /** The limit of gRPC. */
    private const MAX_ANSWER = 4 * 1024 * 1024;

    private const CURL_8 = 0x080000;

    private ?\CurlMultiHandle $multi;
    private readonly bool $keepsConnection;
    private readonly string $url;
    private readonly string $apiKey;
    private readonly float $timeout;
    /** @var array<int, mixed> */
    private readonly array $options;
    /** @var array{policy: array<string, mixed>, methods: array<string, true>} */
    private readonly array $retries;
    /** @var array<string, string> */
    private array $headers = [];

    /**
     * @param ?array{string, string} $clientCertificate
     * @param array<int, mixed> $curlOptions
     */
    public function __construct(
        string $address,
        string $apiKey,
        float $timeout,
        bool $plaintext,
        ?string $rootCertificates,
        ?array $clientCertificate,
        array $curlOptions,
    ) {
        $this->url = ($plaintext ? 'http://' : 'https://') . Usable::address($address);
        $this->apiKey = Usable::apiKey($apiKey);
        $this->timeout = Usable::timeout($timeout);
        if ($plaintext && ($rootCertificates !== null || $clientCertificate !== null)) {
            throw new \InvalidArgumentException(
                'plaintext goes with no certificates: leave out it, or rootCertificates and clientCertificate',
            );
        }
        $options = [CURLOPT_HTTP_VERSION => $plaintext ? CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE : CURL_HTTP_VERSION_2TLS];
        // curl 7.88, that of Debian 12, fails the second request of an HTTP/2 connection without TLS.
        $this->keepsConnection = !$plaintext || curl_version()['version_number'] >= self::CURL_8;
        $options[CURLOPT_FORBID_REUSE] = !$this->keepsConnection;
        if ($rootCertificates !== null) {
            Usable::certificates('rootCertificates', $rootCertificates);
            $options[CURLOPT_CAINFO_BLOB] = $rootCertificates;
        }
        if ($clientCertificate !== null) {
            Usable::pair($clientCertificate);
            [$options[CURLOPT_SSLCERT_BLOB], $options[CURLOPT_SSLKEY_BLOB]] = array_values($clientCertificate);
        }
        $this->options = $options + $curlOptions + [CURLOPT_PROXY => '', CURLOPT_TCP_KEEPALIVE => 1, CURLOPT_PIPEWAIT => 1];
        $config = json_decode((string) file_get_contents(__DIR__ . '/../service_config.json'), true, 16, JSON_THROW_ON_ERROR);
        ['name' => $names, 'retryPolicy' => $policy] = $config['methodConfig'][0];
        $methods = array_map(static fn (array $name): string => "$name[service]/$name[method]", $names);
        $this->retries = ['policy' => $policy, 'methods' => array_fill_keys($methods, true)];
        $this->multi = curl_multi_init();
    }

    /** @return array<string, string> */
    public function headers(): array
    {
        return $this->headers;
    }

    public function close(): void
    {
        $this->multi = null;
    }

    /** The deadline of a stream, which has no deadline by default. */
    public function end(?float $timeout): ?float
    {
        return $timeout === null ? null : microtime(true) + Usable::timeout($timeout);
    }

    /**
     * Calls until there is an answer, an error that a repeat does not help, or the last attempt has failed.
     *
     * @template T of Message
     * @param T $answer
     * @return T
     */
    public function unary(string $method, Message $request, Message $answer, ?float $timeout): Message
    {
        $end = microtime(true) + Usable::timeout($timeout ?? $this->timeout);
        $retriable = isset($this->retries['methods'][$method]);
        for ($failures = 1; ; $failures++) {
            try {
                foreach ($this->messages($method, $request, $end, !$retriable) as $bytes) {
                    $answer->mergeFromString($bytes);
                }
                return $answer;
            } catch (OtpException $error) {
                $pause = $retriable ? $this->pause($error, $failures) : null;
                if ($pause === null) {
                    throw $error;
                }
                $left = $end - microtime(true);
                usleep((int) (max(0, min($pause, $left)) * 1e6));
                if ($pause >= $left) {
                    throw new OtpException('DEADLINE_EXCEEDED', 'the deadline of the call has passed');
                }
            }
        }
    }

    /** How long to wait after this failure, in seconds, the server's wish first; null is for giving up. */
    private function pause(OtpException $error, int $failures): ?float
    {
        ['policy' => $policy] = $this->retries;
        if (!in_array($error->status, $policy['retryableStatusCodes'], true) || $failures >= $policy['maxAttempts']) {
            return null;
        }
        $wish = $this->headers['grpc-retry-pushback-ms'] ?? null;
        if ($wish !== null) {
            // Anything but a number from zero up asks not to retry.
            return ctype_digit($wish) ? (int) $wish / 1000 : null;
        }
        $backoff = (float) $policy['initialBackoff'] * $policy['backoffMultiplier'] ** ($failures - 1);
        return min($backoff, (float) $policy['maxBackoff']) * (0.8 + 0.4 * lcg_value());
    }

    /**
     * An attempt of a call: the bytes of each message of its answer.
     *
     * @return \Generator<string>
     */
    public function messages(string $method, Message $request, ?float $end, bool $onFreshConnection = false): \Generator
    {
        $multi = $this->open();
        $answer = '';
        $this->headers = $headers = [];
        $handle = $this->handle($method, $request, $end, $answer, $headers);
        // curl itself repeats a call if a kept connection turns out to be lost.
        curl_setopt($handle, CURLOPT_FRESH_CONNECT, $onFreshConnection || !$this->keepsConnection);
        curl_multi_add_handle($multi, $handle);
        try {
            do {
                $ended = $this->advance($multi, $handle);
                while (strlen($answer) >= 5 && strlen($answer) >= 5 + ($length = unpack('N', $answer, 1)[1])) {
                    $bytes = substr($answer, 5, $length);
                    $answer = substr($answer, 5 + $length);
                    $this->headers = $headers;
                    yield $bytes;
                    $this->open();
                }
            } while ($ended === null);
            $this->headers = $headers;
            $this->settle($handle, $ended, $headers);
        } finally {
            curl_multi_remove_handle($multi, $handle);
        }
    }

    private function open(): \CurlMultiHandle
    {
        return $this->multi ?? throw new OtpException('CANCELLED', 'the client is closed: make another one');
    }

    /** @param array<string, string> $headers */
    private function handle(string $method, Message $request, ?float $end, string &$answer, array &$headers): \CurlHandle
    {
        $message = $request->serializeToString();
        $metadata = ['content-type: application/grpc+proto', 'te: trailers', "x-api-key: $this->apiKey", 'expect:'];
        $handle = curl_init("$this->url/$method");
        if ($end !== null) {
            $left = max(1, (int) round(($end - microtime(true)) * 1000));
            $metadata[] = "grpc-timeout: {$left}m";
            curl_setopt($handle, CURLOPT_TIMEOUT_MS, $left);
        }
        curl_setopt_array($handle, $this->options + [
            CURLOPT_POSTFIELDS => pack('CN', 0, strlen($message)) . $message,
            CURLOPT_USERAGENT => 'otpd-php/' . Client::VERSION,
            CURLOPT_HTTPHEADER => $metadata,
            CURLOPT_HEADERFUNCTION => static function ($handle, string $line) use (&$headers): int {
                [$name, $value] = explode(':', $line, 2) + [1 => ''];
                if ($value !== '') {
                    $headers[strtolower($name)] = trim($value);
                }
                return strlen($line);
            },
            CURLOPT_WRITEFUNCTION => static function ($handle, string $part) use (&$answer): int {
                $answer .= $part;
                return strlen($answer) > self::MAX_ANSWER ? 0 : strlen($part);
            },
        ]);
        return $handle;
    }

    /** Waits for something of the call; gives the code of curl once it has ended. */
    private function advance(\CurlMultiHandle $multi, \CurlHandle $handle): ?int
    {
        curl_multi_exec($multi, $active);
        while ($info = curl_multi_info_read($multi)) {
            if ($info['handle'] === $handle) {
                return $info['result'];
            }
        }
        curl_multi_select($multi, 1.0);
        return null;
    }

    /** curl says of a connection that was refused only that there is none: the system knows why. */
    private static function cause(\CurlHandle $handle, int $ended): string
    {
        $text = curl_error($handle) ?: (string) curl_strerror($ended);
        $errno = (int) curl_getinfo($handle, CURLINFO_OS_ERRNO);
        return $errno !== 0 && function_exists('posix_strerror') ? "$text: " . posix_strerror($errno) : $text;
    }

    /** @param array<string, string> $headers */
    private function settle(\CurlHandle $handle, int $ended, array $headers): void
    {
        $status = $headers['grpc-status'] ?? null;
        if ($status === null && $ended !== CURLE_OK) {
            throw match ($ended) {
                CURLE_OPERATION_TIMEDOUT => new OtpException('DEADLINE_EXCEEDED', 'the deadline of the call has passed'),
                CURLE_WRITE_ERROR => new OtpException('RESOURCE_EXHAUSTED', 'the answer is larger than 4 MiB'),
                default => new OtpException('UNAVAILABLE', self::cause($handle, $ended)),
            };
        }
        if ($status === null) {
            // https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
            $http = curl_getinfo($handle, CURLINFO_RESPONSE_CODE);
            throw new OtpException(match ($http) {
                400 => 'INTERNAL', 401 => 'UNAUTHENTICATED', 403 => 'PERMISSION_DENIED', 404 => 'UNIMPLEMENTED',
                429, 502, 503, 504 => 'UNAVAILABLE',
                default => 'UNKNOWN',
            }, "what answers at the address is not otpd: HTTP status $http");
        }
        if ($status !== '0') {
            $details = (string) base64_decode($headers['grpc-status-details-bin'] ?? '');
            throw new OtpException((int) $status, rawurldecode($headers['grpc-message'] ?? ''), $details);
        }
    }
}
