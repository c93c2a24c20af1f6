<?php

declare(strict_types=1);

namespace Otpd;

use Otp\Admin\V1;

/** Administers API keys and locks, with an API key of the scope `admin`. Everything else is as {@see Client} has it. */
final class AdminClient
{
    use Connects;

    private const SERVICE = 'otp.admin.v1.AdminService';

    /** Makes an API key; its secret is in this answer alone. It is not sent again. */
    public function createApiKey(V1\CreateApiKeyRequest $request, ?float $timeout = null): V1\CreateApiKeyResponse
    {
        return $this->connection->unary(self::SERVICE . '/CreateApiKey', $request, new V1\CreateApiKeyResponse(), $timeout);
    }

    /** Gets an API key. */
    public function getApiKey(V1\GetApiKeyRequest $request, ?float $timeout = null): V1\GetApiKeyResponse
    {
        return $this->connection->unary(self::SERVICE . '/GetApiKey', $request, new V1\GetApiKeyResponse(), $timeout);
    }

    /** Lists API keys, oldest first: a page of them. */
    public function listApiKeys(V1\ListApiKeysRequest $request, ?float $timeout = null): V1\ListApiKeysResponse
    {
        return $this->connection->unary(self::SERVICE . '/ListApiKeys', $request, new V1\ListApiKeysResponse(), $timeout);
    }

    /** Gives an API key a new secret. If the answer is lost, rotate again: it is not sent again. */
    public function rotateApiKey(V1\RotateApiKeyRequest $request, ?float $timeout = null): V1\RotateApiKeyResponse
    {
        return $this->connection->unary(self::SERVICE . '/RotateApiKey', $request, new V1\RotateApiKeyResponse(), $timeout);
    }

    /** Revokes an API key for ever. */
    public function revokeApiKey(V1\RevokeApiKeyRequest $request, ?float $timeout = null): V1\RevokeApiKeyResponse
    {
        return $this->connection->unary(self::SERVICE . '/RevokeApiKey', $request, new V1\RevokeApiKeyResponse(), $timeout);
    }

    /** Gets how much of its plan an API key has used. */
    public function getApiKeyUsage(V1\GetApiKeyUsageRequest $request, ?float $timeout = null): V1\GetApiKeyUsageResponse
    {
        return $this->connection->unary(self::SERVICE . '/GetApiKeyUsage', $request, new V1\GetApiKeyUsageResponse(), $timeout);
    }

    /** Lists the plans of the configuration. */
    public function listPlans(V1\ListPlansRequest $request, ?float $timeout = null): V1\ListPlansResponse
    {
        return $this->connection->unary(self::SERVICE . '/ListPlans', $request, new V1\ListPlansResponse(), $timeout);
    }

    /** Lists the sealing keys, without the keys themselves. */
    public function listSealingKeys(V1\ListSealingKeysRequest $request, ?float $timeout = null): V1\ListSealingKeysResponse
    {
        return $this->connection->unary(self::SERVICE . '/ListSealingKeys', $request, new V1\ListSealingKeysResponse(), $timeout);
    }

    /** Gets how the process that answers is, and how it judged codes in the last hour. */
    public function getServerStatus(V1\GetServerStatusRequest $request, ?float $timeout = null): V1\GetServerStatusResponse
    {
        return $this->connection->unary(self::SERVICE . '/GetServerStatus', $request, new V1\GetServerStatusResponse(), $timeout);
    }

    /** Gets the wrong codes that are counted against a secret or a set of recovery codes, and its lock. */
    public function getAttempts(V1\GetAttemptsRequest $request, ?float $timeout = null): V1\GetAttemptsResponse
    {
        return $this->connection->unary(self::SERVICE . '/GetAttempts', $request, new V1\GetAttemptsResponse(), $timeout);
    }

    /** Lets the codes of a secret or a set of recovery codes be judged again. */
    public function unlockAttempts(V1\UnlockAttemptsRequest $request, ?float $timeout = null): V1\UnlockAttemptsResponse
    {
        return $this->connection->unary(self::SERVICE . '/UnlockAttempts', $request, new V1\UnlockAttemptsResponse(), $timeout);
    }
}
