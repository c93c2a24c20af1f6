<?php

declare(strict_types=1);

namespace Otpd;

use Google\Rpc\BadRequest;
use Google\Rpc\ErrorInfo;
use Google\Rpc\RequestInfo;
use Google\Rpc\RetryInfo;
use Google\Rpc\Status;
use Otp\V1\ErrorReason;

/**
 * A call that failed, with the details that the service sent. `getCode()` is the code of gRPC as a number.
 *
 * Its message never holds a secret, a code or a key. A failure that never reached the service has a code and a message alone.
 */
final class OtpException extends \RuntimeException
{
    private const CODES = [
        'OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS', 'PERMISSION_DENIED',
        'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS',
        'UNAUTHENTICATED',
    ];

    /** The code by its name, such as `UNAVAILABLE`. */
    public readonly string $status;
    /** An {@see ErrorReason}, to decide by; null if the service gave none, or one that is newer than this client. */
    public readonly ?int $reason;
    /** The name of the reason as the service sent it. */
    public readonly ?string $reasonName;
    /** @var array<string, string> what belongs to the reason, such as the `scope` that is missing */
    public readonly array $metadata;
    /** @var array<array{field: string, description: string}> every field that is wrong; paths in snake_case, such as `key.secret` */
    public readonly array $fieldViolations;
    /** Seconds to wait before another try, if the service said so. */
    public readonly ?float $retryDelay;
    /** The id of the failed call in the service's log. */
    public readonly ?string $requestId;

    /** @param string $details a google.rpc.Status in bytes; what cannot be read of it is left out */
    public function __construct(string|int $code, string $text, string $details = '')
    {
        $number = is_int($code) ? $code : (int) array_search($code, self::CODES, true);
        $this->status = self::CODES[$number] ?? 'UNKNOWN';
        $found = self::read($details);
        $this->reasonName = $found['reason'] ?? null;
        $name = ErrorReason::class . '::' . ($this->reasonName ?? '');
        $this->reason = $this->reasonName !== null && defined($name) ? constant($name) : null;
        $this->metadata = $found['metadata'] ?? [];
        $this->fieldViolations = $found['violations'] ?? [];
        $this->retryDelay = $found['delay'] ?? null;
        $this->requestId = $found['request'] ?? null;
        foreach ($this->fieldViolations as ['field' => $field, 'description' => $description]) {
            // The server's message names the first of them.
            if (!str_contains($text, "$field: $description")) {
                $text .= "; $field: $description";
            }
        }
        if ($this->retryDelay !== null) {
            $text .= sprintf('; try again in %s s', round($this->retryDelay, 3));
        }
        parent::__construct("$this->status: $text", $number);
    }

    /** @return array<string, mixed> */
    private static function read(string $details): array
    {
        $found = [];
        try {
            $status = new Status();
            $status->mergeFromString($details);
            foreach ($status->getDetails() as $any) {
                $type = substr((string) strrchr($any->getTypeUrl(), '/'), 1);
                $found += match ($type) {
                    'google.rpc.ErrorInfo' => self::info(self::parsed(new ErrorInfo(), $any->getValue())),
                    'google.rpc.BadRequest' => self::violations(self::parsed(new BadRequest(), $any->getValue())),
                    'google.rpc.RetryInfo' => self::delay(self::parsed(new RetryInfo(), $any->getValue())),
                    'google.rpc.RequestInfo' => ['request' => self::parsed(new RequestInfo(), $any->getValue())->getRequestId()],
                    default => [],
                };
            }
        } catch (\Exception) {
            // Something between here and the server made them up; the status is what counts.
        }
        return $found;
    }

    /**
     * @template T of \Google\Protobuf\Internal\Message
     * @param T $message
     * @return T
     */
    private static function parsed(\Google\Protobuf\Internal\Message $message, string $bytes): \Google\Protobuf\Internal\Message
    {
        $message->mergeFromString($bytes);
        return $message;
    }

    private static function info(ErrorInfo $info): array
    {
        return ['reason' => $info->getReason(), 'metadata' => iterator_to_array($info->getMetadata())];
    }

    private static function violations(BadRequest $request): array
    {
        $violations = [];
        foreach ($request->getFieldViolations() as $each) {
            $violations[] = ['field' => $each->getField(), 'description' => $each->getDescription()];
        }
        return ['violations' => $violations];
    }

    private static function delay(RetryInfo $info): array
    {
        $delay = $info->getRetryDelay();
        return $delay === null ? [] : ['delay' => $delay->getSeconds() + $delay->getNanos() / 1e9];
    }
}
