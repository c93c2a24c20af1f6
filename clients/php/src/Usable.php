<?php

declare(strict_types=1);

namespace Otpd;

/**
 * Lets through what a client can use; for anything else an InvalidArgumentException names it, before anything connects.
 *
 * @internal
 */
final class Usable
{
    private const MAX_TIMEOUT = 86_400;

    public static function address(string $address): string
    {
        $isHostAndPort = preg_match('/\A(?:\[[0-9a-fA-F:.]+\]|[^\s:\/@?#\[\]\\\\]+):([0-9]{1,5})\z/D', $address, $found) === 1;
        if (!$isHostAndPort || (int) $found[1] < 1 || (int) $found[1] > 65_535) {
            throw new \InvalidArgumentException('address must be host:port: no URL, no white space, and not without a port');
        }
        return $address;
    }

    public static function apiKey(string $apiKey): string
    {
        if (preg_match('/\A[!-~]+\z/D', $apiKey) !== 1) {
            throw new \InvalidArgumentException('apiKey must be an API key: check for an unset variable, and for a line break at its end');
        }
        return $apiKey;
    }

    /** A NaN is not above 0 either. */
    public static function timeout(float $timeout): float
    {
        if (!($timeout > 0 && $timeout <= self::MAX_TIMEOUT)) {
            throw new \InvalidArgumentException('timeout must be above 0 and at most ' . self::MAX_TIMEOUT . ' seconds (24 hours)');
        }
        return $timeout;
    }

    public static function certificates(string $argument, string $pem): void
    {
        preg_match_all('/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/s', $pem, $found);
        $readable = array_filter($found[0], static fn (string $each): bool => @openssl_x509_read($each) !== false);
        if ($readable === [] || count($readable) < count($found[0])) {
            throw new \InvalidArgumentException("$argument must be certificates in PEM: what the file holds, not its name");
        }
    }

    /** @param array<mixed> $pair */
    public static function pair(array $pair): void
    {
        [$chain, $key] = array_values($pair) + [null, null];
        if (!is_string($chain) || !is_string($key) || @openssl_pkey_get_private($key) === false) {
            throw new \InvalidArgumentException('clientCertificate must be a chain and its private key in PEM');
        }
        self::certificates('clientCertificate', $chain);
    }
}
