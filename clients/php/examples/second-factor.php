<?php

declare(strict_types=1);

// A second factor from enrolment to a lost phone: a sealed key that is confirmed, a login, a replay, and a recovery code.

require __DIR__ . '/../src/autoload.php';

use Otp\V1\GenerateRecoveryCodesRequest;
use Otp\V1\GenerateRequest;
use Otp\V1\Key;
use Otp\V1\RecoveryCodeSet;
use Otp\V1\SealedKey;
use Otp\V1\SecretDelivery;
use Otp\V1\TokenRequest;
use Otp\V1\VerifyRecoveryCodeRequest;
use Otp\V1\VerifyRequest;
use Otp\V1\VerifyStatus;
use Otpd\Client;

// Derived from the user at each call, and not stored beside the blob.
const USER = 'user-1/totp/1';

$client = new Client(getenv('OTPD_ADDRESS'), getenv('OTPD_API_KEY'), plaintext: true);
$enrolment = $client->generate(new GenerateRequest([
    'issuer' => 'ACME',
    'account_name' => 'alice@example.com',
    'delivery' => SecretDelivery::SECRET_DELIVERY_SEALED,
    'sealed_context' => USER,
]));
echo "show as a QR code: {$enrolment->getUri()}\n";

// The app does this with the QR code, and the user reads it there.
$code = $client->token(new TokenRequest(['key' => new Key(['uri' => $enrolment->getUri()])]))->getToken()->getCode();
$pending = new SealedKey(['blob' => $enrolment->getSealed()->getBlob(), 'context' => USER]);
$confirmed = $client->verify(new VerifyRequest(['key' => new Key(['sealed' => $pending]), 'code' => $code, 'confirm' => true]));
echo 'enrolled: ', VerifyStatus::name($confirmed->getStatus()), "\n";

// The database keeps this from here on.
$stored = new SealedKey(['blob' => $confirmed->getResealed()->getBlob(), 'context' => USER]);
$login = $client->verify(new VerifyRequest(['key' => new Key(['sealed' => $stored]), 'code' => $code]));
echo 'the same code again: ', VerifyStatus::name($login->getStatus()), "\n";

$recovery = $client->generateRecoveryCodes(new GenerateRecoveryCodesRequest(['sealed_context' => USER]));
$set = new RecoveryCodeSet(['blob' => $recovery->getSet()->getBlob(), 'context' => USER]);
$answer = $client->verifyRecoveryCode(new VerifyRecoveryCodeRequest(['set' => $set, 'code' => $recovery->getCodes()[0]]));
echo 'a recovery code: ', VerifyStatus::name($answer->getStatus()), " with {$answer->getRemainingCount()} left\n";
