<?php

declare(strict_types=1);

// The package without a server: php test/refusals.php

require __DIR__ . '/../src/autoload.php';

use Google\Protobuf\Any;
use Google\Rpc\BadRequest;
use Google\Rpc\BadRequest\FieldViolation;
use Google\Rpc\ErrorInfo;
use Google\Rpc\RetryInfo;
use Google\Rpc\Status;
use Otp\V1\ErrorReason;
use Otp\V1\TokenRequest;
use Otp\V1\WatchTokenRequest;
use Otpd\Client;
use Otpd\OtpException;

function check(bool $is, string $what): void
{
    if (!$is) {
        fwrite(STDERR, "not so: $what\n");
        exit(1);
    }
}

function refusal(callable $act): string
{
    try {
        $act();
    } catch (InvalidArgumentException $error) {
        check(!str_contains($error->getMessage(), 'notakey'), 'a refusal shows no key');
        return $error->getMessage();
    }
    return '';
}

$addresses = ['', ' ', "a:1\n", 'https://a:1', 'dns:///a:1', 'a', 'a:', ':1', 'a:0', 'a:65536', 'a:x', 'a:1/b', 'b@a:1', '[::1]', '::1'];
foreach ($addresses as $address) {
    check(str_starts_with(refusal(fn () => new Client($address, 'notakey')), 'address '), "the address '$address' is refused");
}
foreach (['a:1', '[::1]:1', 'a.b:65535'] as $address) {
    check(refusal(fn () => new Client($address, 'k')) === '', "the address '$address' is taken");
}
foreach (['', ' ', "notakey\n", 'é'] as $key) {
    check(str_starts_with(refusal(fn () => new Client('a:1', $key)), 'apiKey '), 'a key that cannot be sent is refused');
}
$client = new Client('127.0.0.1:1', 'notakey', plaintext: true);
foreach ([0.0, -1.0, NAN, INF, -INF, 86_400.001] as $timeout) {
    $refusals = [
        refusal(fn () => new Client('a:1', 'k', timeout: $timeout)),
        refusal(fn () => $client->token(new TokenRequest(), $timeout)),
        refusal(fn () => $client->watchToken(new WatchTokenRequest(), $timeout)),
    ];
    foreach ($refusals as $refusal) {
        check(str_starts_with($refusal, 'timeout '), "a timeout of $timeout is refused");
    }
}
check(str_starts_with(refusal(fn () => new Client('a:1', 'k', rootCertificates: 'ca.crt')), 'rootCertificates '), 'no authorities');
check(str_starts_with(refusal(fn () => new Client('a:1', 'k', clientCertificate: ['a', 'b'])), 'clientCertificate '), 'no pair');
$both = refusal(fn () => new Client('a:1', 'k', plaintext: true, rootCertificates: 'x'));
check(str_starts_with($both, 'plaintext '), 'plaintext with certificates');

ob_start();
var_dump($client);
print_r($client);
check(!str_contains((string) ob_get_clean(), 'notakey'), 'a client does not show its key');

try {
    $client->token(new TokenRequest());
    check(false, 'nobody listens');
} catch (OtpException $error) {
    check($error->status === 'UNAVAILABLE' && $error->getCode() === 14, 'a refused connection is UNAVAILABLE');
    check(str_contains($error->getMessage(), 'refused'), $error->getMessage());
}
$client->close();
try {
    $client->token(new TokenRequest());
    check(false, 'the client is closed');
} catch (OtpException $error) {
    check($error->status === 'CANCELLED', 'a closed client is CANCELLED');
}

$status = new Status(['details' => array_map(function (array $detail): Any {
    [$type, $message] = $detail;
    return new Any(['type_url' => "type.googleapis.com/google.rpc.$type", 'value' => $message->serializeToString()]);
}, [
    ['ErrorInfo', new ErrorInfo(['reason' => 'ERROR_REASON_INVALID_FIELDS', 'metadata' => ['a' => 'b']])],
    ['BadRequest', new BadRequest(['field_violations' => [
        new FieldViolation(['field' => 'key.secret', 'description' => 'is empty']),
        new FieldViolation(['field' => 'code', 'description' => 'is empty']),
    ]])],
    ['RetryInfo', new RetryInfo(['retry_delay' => new Google\Protobuf\Duration(['seconds' => 1, 'nanos' => 500_000_000])])],
])]);
$error = new OtpException(3, 'some fields are wrong: key.secret: is empty', $status->serializeToString());
check($error->reason === ErrorReason::ERROR_REASON_INVALID_FIELDS && $error->metadata === ['a' => 'b'], 'the reason');
$text = 'INVALID_ARGUMENT: some fields are wrong: key.secret: is empty; code: is empty; try again in 1.5 s';
check($error->getMessage() === $text, $error->getMessage());
check((new OtpException(14, 'away', "\xff"))->getMessage() === 'UNAVAILABLE: away', 'details that cannot be read are left out');
