<?php

declare(strict_types=1);

// Loads the classes of the client, with Composer or without: Debian's php-google-protobuf is on the include path.
spl_autoload_register(static function (string $class): void {
    $file = strtr($class, '\\', '/') . '.php';
    $path = match (true) {
        str_starts_with($class, 'Otpd\\') => __DIR__ . substr($file, strlen('Otpd')),
        str_starts_with($class, 'Otp\\'), str_starts_with($class, 'Google\\Rpc\\'), str_starts_with($class, 'GPBMetadata\\Google\\Rpc\\')
            => __DIR__ . "/generated/$file",
        str_starts_with($class, 'Google\\Protobuf\\'), str_starts_with($class, 'GPBMetadata\\Google\\Protobuf\\')
            => stream_resolve_include_path($file),
        default => false,
    };
    if ($path !== false && is_file($path)) {
        require_once $path;
    }
});
