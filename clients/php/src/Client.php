<?php

declare(strict_types=1);

namespace Otpd;

use Otp\V1;
use Otp\V1\SecretDelivery;

/**
 * Calls otpd, the one-time-password service, over one connection, which is made at the first call.
 *
 * Calls that find the server unavailable are tried up to four times. `$timeout` is the time in seconds for a call with all its tries, above 0 and
 * at most 86,400 (24 hours). A method fails with {@see OtpException}, and with \InvalidArgumentException for a `$timeout` that is no time.
 */
final class Client
{
    use Connects;

    public const VERSION = '0.2.0';
    private const SERVICE = 'otp.v1.OtpService';

    /** Makes a new key, ready to enrol in an authenticator app, or shows the QR code of an existing one again. */
    public function generate(V1\GenerateRequest $request, ?float $timeout = null): V1\GenerateResponse
    {
        $answer = $this->connection->unary(self::SERVICE . '/Generate', $request, new V1\GenerateResponse(), $timeout);
        $wantsSealed = in_array($request->getDelivery(), [SecretDelivery::SECRET_DELIVERY_SEALED, SecretDelivery::SECRET_DELIVERY_BOTH], true);
        // A server that does not know `delivery` takes no notice of it, and its answer has a secret in the clear alone.
        if ($wantsSealed && !$answer->hasSealed()) {
            throw new OtpException('UNIMPLEMENTED', 'the server is too old to seal keys: update it, and store nothing of this answer');
        }
        return $answer;
    }

    /** Gives the code of a key at a moment, now by default, and its neighbours on request. */
    public function token(V1\TokenRequest $request, ?float $timeout = null): V1\TokenResponse
    {
        return $this->connection->unary(self::SERVICE . '/Token', $request, new V1\TokenResponse(), $timeout);
    }

    /** Gives the codes of 1 to 100 keys: an outcome for each. */
    public function batchToken(V1\BatchTokenRequest $request, ?float $timeout = null): V1\BatchTokenResponse
    {
        return $this->connection->unary(self::SERVICE . '/BatchToken', $request, new V1\BatchTokenResponse(), $timeout);
    }

    /** Seals 1 to 100 keys that the caller has as secrets or URIs, or binds sealed keys to another context: an outcome for each. */
    public function seal(V1\SealRequest $request, ?float $timeout = null): V1\SealResponse
    {
        return $this->connection->unary(self::SERVICE . '/Seal', $request, new V1\SealResponse(), $timeout);
    }

    /** Seals 1 to 100 sealed keys and sets of recovery codes anew, under the current sealing key: an outcome for each. */
    public function rewrap(V1\RewrapRequest $request, ?float $timeout = null): V1\RewrapResponse
    {
        return $this->connection->unary(self::SERVICE . '/Rewrap', $request, new V1\RewrapResponse(), $timeout);
    }

    /** Reads the keys in otpauth and otpauth-migration URIs, up to 100 keys in all: an outcome for each. */
    public function importKeys(V1\ImportKeysRequest $request, ?float $timeout = null): V1\ImportKeysResponse
    {
        return $this->connection->unary(self::SERVICE . '/ImportKeys', $request, new V1\ImportKeysResponse(), $timeout);
    }

    /** Gives the secrets of up to 100 keys, sealed ones too, as URIs: an outcome for each. */
    public function exportKeys(V1\ExportKeysRequest $request, ?float $timeout = null): V1\ExportKeysResponse
    {
        return $this->connection->unary(self::SERVICE . '/ExportKeys', $request, new V1\ExportKeysResponse(), $timeout);
    }

    /** Makes recovery codes, to be shown to the user this once, and the set of them to store. */
    public function generateRecoveryCodes(V1\GenerateRecoveryCodesRequest $request, ?float $timeout = null): V1\GenerateRecoveryCodesResponse
    {
        return $this->connection->unary(self::SERVICE . '/GenerateRecoveryCodes', $request, new V1\GenerateRecoveryCodesResponse(), $timeout);
    }

    /** Revokes a set of recovery codes for ever. */
    public function revokeRecoveryCodes(V1\RevokeRecoveryCodesRequest $request, ?float $timeout = null): V1\RevokeRecoveryCodesResponse
    {
        return $this->connection->unary(self::SERVICE . '/RevokeRecoveryCodes', $request, new V1\RevokeRecoveryCodesResponse(), $timeout);
    }

    /** Gets how much of its plan the API key has used. */
    public function getUsage(V1\GetUsageRequest $request, ?float $timeout = null): V1\GetUsageResponse
    {
        return $this->connection->unary(self::SERVICE . '/GetUsage', $request, new V1\GetUsageResponse(), $timeout);
    }

    /** Says whether a code is right, now, and for the first time. A request without a request id is sent with a new one, the same in every retry. */
    public function verify(V1\VerifyRequest $request, ?float $timeout = null): V1\VerifyResponse
    {
        $request = self::identified($request);
        return $this->connection->unary(self::SERVICE . '/Verify', $request, new V1\VerifyResponse(), $timeout);
    }

    /** Finds the counter of a HOTP device that ran ahead, by two codes in a row. A request id is made as in {@see Client::verify}. */
    public function resyncHotp(V1\ResyncHotpRequest $request, ?float $timeout = null): V1\ResyncHotpResponse
    {
        $request = self::identified($request);
        return $this->connection->unary(self::SERVICE . '/ResyncHotp', $request, new V1\ResyncHotpResponse(), $timeout);
    }

    /** Says whether a recovery code is one of a set, and used for the first time. A request id is made as in {@see Client::verify}. */
    public function verifyRecoveryCode(V1\VerifyRecoveryCodeRequest $request, ?float $timeout = null): V1\VerifyRecoveryCodeResponse
    {
        $request = self::identified($request);
        return $this->connection->unary(self::SERVICE . '/VerifyRecoveryCode', $request, new V1\VerifyRecoveryCodeResponse(), $timeout);
    }

    /** Says of 1 to 100 codes what {@see Client::verify} says of each. Request ids are made as there. */
    public function batchVerify(V1\BatchVerifyRequest $request, ?float $timeout = null): V1\BatchVerifyResponse
    {
        $request = clone $request;
        $request->setRequests(array_map(self::identified(...), iterator_to_array($request->getRequests())));
        return $this->connection->unary(self::SERVICE . '/BatchVerify', $request, new V1\BatchVerifyResponse(), $timeout);
    }

    /**
     * Gives the current code of a TOTP key at once, then each next one as its step begins, until the loop is left.
     *
     * It has a deadline only if `$timeout` is given, and is not retried. A peer that has vanished without a word is not noticed: give it a timeout.
     *
     * @return \Generator<V1\WatchTokenResponse>
     */
    public function watchToken(V1\WatchTokenRequest $request, ?float $timeout = null): \Generator
    {
        // Outside of the generator, which runs at its first message.
        $end = $this->connection->end($timeout);
        return (function () use ($request, $end): \Generator {
            foreach ($this->connection->messages(self::SERVICE . '/WatchToken', $request, $end) as $bytes) {
                $response = new V1\WatchTokenResponse();
                $response->mergeFromString($bytes);
                yield $response;
            }
        })();
    }

    /**
     * A copy with a new request id (RFC 9562 section 5.4) if it has none: without, a retry after a lost answer would find the code used.
     *
     * @template T of V1\VerifyRequest|V1\ResyncHotpRequest|V1\VerifyRecoveryCodeRequest
     * @param T $request
     * @return T
     */
    private static function identified(object $request): object
    {
        if ($request->getRequestId() !== '') {
            return $request;
        }
        $bytes = random_bytes(16);
        $bytes[6] = chr(ord($bytes[6]) & 0x0f | 0x40);
        $bytes[8] = chr(ord($bytes[8]) & 0x3f | 0x80);
        $copy = clone $request;
        $copy->setRequestId(vsprintf('%s%s-%s-%s-%s-%s%s%s', str_split(bin2hex($bytes), 4)));
        return $copy;
    }
}
