# The client for Ruby, for RubyGems.
package=$out/otpd-client-$version.gem
gem build --silent --strict -C clients/ruby -o "$package" otpd-client.gemspec
contains "$package" LICENSE README.md lib/otpd.rb lib/otpd-client.rb lib/otpd/service_config.json
