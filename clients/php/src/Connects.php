<?php

declare(strict_types=1);

namespace Otpd;

/**
 * How a client is made and closed: the same for both clients.
 *
 * @internal
 */
trait Connects
{
    private readonly Connection $connection;

    /**
     * Prepares the connection, by default with TLS.
     *
     * @param string $address `HOST:PORT`
     * @param string $apiKey sent with every call
     * @param float $timeout the timeout in seconds of a call without a timeout
     * @param bool $plaintext without TLS: the API key, secrets and codes travel in the clear
     * @param ?string $rootCertificates authorities to trust instead of the system's, in PEM
     * @param ?array{string, string} $clientCertificate for mutual TLS: the certificate chain and its private key, in PEM
     * @param array<int, mixed> $curlOptions more options of curl, by their CURLOPT_ numbers
     * @throws \InvalidArgumentException if an argument, which it names, cannot be used, or there are certificates together with plaintext
     */
    public function __construct(
        string $address,
        #[\SensitiveParameter] string $apiKey,
        float $timeout = 5,
        bool $plaintext = false,
        ?string $rootCertificates = null,
        #[\SensitiveParameter] ?array $clientCertificate = null,
        array $curlOptions = [],
    ) {
        $this->connection = new Connection($address, $apiKey, $timeout, $plaintext, $rootCertificates, $clientCertificate, $curlOptions);
    }

    /**
     * The metadata of the last answer, such as `x-ratelimit-remaining`.
     *
     * @return array<string, string>
     */
    public function headers(): array
    {
        return $this->connection->headers();
    }

    /** Ends the connection: later calls, and the next message of a stream, fail as CANCELLED. */
    public function close(): void
    {
        $this->connection->close();
    }

    /** Does not show the API key. */
    public function __debugInfo(): array
    {
        return [];
    }
}
