# The client for PHP, as an archive that Composer takes once it is unpacked.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export COMPOSER_HOME=$work/home COMPOSER_ALLOW_SUPERUSER=1 COMPOSER_NO_INTERACTION=1
name=otpd-client-php-$version
quietly composer validate --strict --no-check-version clients/php/composer.json
quietly composer archive --working-dir clients/php --format tar.gz --dir "$out" --file "$name"
contains "$out/$name.tar.gz" {LICENSE,README.md,composer.json,service_config.json,src/Client.php,src/generated/Otp/V1/Key.php}

# In a project that has nothing else but Google's protobuf, which is Debian's.
mkdir "$work/otpd" "$work/project"
tar xzf "$out/$name.tar.gz" -C "$work/otpd"
cd "$work/project"
cat >composer.json <<JSON
{
  "repositories": [
    { "type": "path", "url": "$work/otpd" },
    { "type": "package", "package": {
      "name": "google/protobuf", "version": "3.21.12",
      "dist": { "type": "path", "url": "/usr/share/php/Google/Protobuf" }
    } },
    { "packagist.org": false }
  ],
  "require": { "otpd/client": "$version" }
}
JSON
quietly composer install
first_block php "$root/clients/php/README.md" | sed 's|/otpd/src/autoload.php|/vendor/autoload.php|' >first.php
accepted php first.php
