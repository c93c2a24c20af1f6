# The client for Go, as a module proxy hands it out: made as the proxy makes it, and fetched by the tool of Go from a folder that is a proxy.
module=$(sed -n 's/^module //p' clients/go/go.mod)
go run -C scripts/packages/go-module . "$module@v$version" "$PWD/clients/go" "$out"
contains "$out/$module/@v/v$version.zip" "$module@v$version"/{LICENSE,README.md,go.mod,service_config.json}

project=$(mktemp -d)
trap 'rm -rf "$project"' EXIT
# A cache of its own, since the real one would keep this version for ever; what others are needed comes from the real one.
proxies="file://$out,file://$(go env GOMODCACHE)/cache/download,$(go env GOPROXY)"
export GOMODCACHE=$project/cache GOFLAGS=-modcacherw GOPROXY=$proxies GONOSUMDB=$module
first_block go clients/go/README.md >"$project/main.go"
cd "$project"
go mod init example >/dev/null 2>&1
quietly go get "$module@v$version"
go vet .
accepted go run .
