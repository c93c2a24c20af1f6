# The client for Ruby, for RubyGems.
package=$out/otpd-client-$version.gem
gem build --silent --strict -C clients/ruby -o "$package" otpd-client.gemspec
contains "$package" LICENSE README.md lib/otpd.rb lib/otpd-client.rb lib/otpd/service_config.json

# In a project that has nothing else, and with its documentation, without a warning.
project=$(mktemp -d)
trap 'rm -rf "$project"' EXIT
cd "$project"
GEM_HOME=$project/gems gem install --silent --local --no-document "$package"
first_block ruby "$root/clients/ruby/README.md" >first.rb
GEM_HOME=$project/gems accepted ruby first.rb
cd "gems/gems/otpd-client-$version"
quietly yard doc --fail-on-warning --no-save
