<?php
$curl = curl_init(getenv('BASE_URL') . '/api/2fa/generate');
curl_setopt_array($curl, [
    CURLOPT_POST => true,
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_HTTPHEADER => ['X-API-Key: ' . getenv('API_KEY'), 'Content-Type: application/x-www-form-urlencoded'],
    CURLOPT_POSTFIELDS => http_build_query(['secret' => 'JBSWY3DPEHPK3PXP']),
]);
echo json_encode(json_decode(curl_exec($curl), true));
