# The client for TypeScript and JavaScript, for npm.
PUBLINT=0.3.25
ATTW=0.18.5
MOST_KIB=15360
OLDEST_NODE=22
# The newest TypeScript that typedoc takes.
TYPEDOC=(typedoc@0.28.20 typescript@5.9.3)

npm install --silent --no-audit --no-fund --prefix "$tools" "publint@$PUBLINT" "@arethetypeswrong/cli@$ATTW"
npm pack --silent --pack-destination "$out" ./clients/typescript >/dev/null
package=$out/otpd-client-$version.tgz
contains "$package" package/{package.json,README.md,LICENSE,dist/{esm,cjs}/{index,web}.{js,d.ts}}
npm publish --dry-run --silent "$package"
"$tools/node_modules/.bin/publint" --strict "$package"
"$tools/node_modules/.bin/attw" --quiet --profile node16 "$package"

# As it is installed: what it brings along is small, and no part of the server.
project=$(mktemp -d)
trap 'rm -rf "$project"' EXIT
npm install --silent --no-audit --no-fund --prefix "$project" "$package"
size=$(du --apparent-size -sk "$project/node_modules" | cut -f1)
[ "$size" -le "$MOST_KIB" ] || { echo "otpd-client takes $size KiB with what it needs, more than $MOST_KIB" >&2; exit 1; }
[ ! -e "$project/node_modules/otpd" ] || { echo "otpd-client brings the server along" >&2; exit 1; }

# The first program, and the documentation without a warning.
first_block ts clients/typescript/README.md >"$project/first.mts"
(cd "$project" && accepted node first.mts)
npm install --silent --no-audit --no-fund --prefix "$tools" "${TYPEDOC[@]}"
quietly "$tools/node_modules/.bin/typedoc" --options clients/typescript/typedoc.json --treatWarningsAsErrors --out "$project/docs"

# Both forms of both entries, on the oldest Node that it is for.
npm install --silent --no-audit --no-fund --prefix "$tools" "node@$OLDEST_NODE"
entries="['otpd-client', 'otpd-client/web']"
(
  cd "$project"
  "$tools/node_modules/.bin/node" --input-type=module -e "for (const name of $entries) if (typeof (await import(name)).connect !== 'function') throw new Error(name)"
  "$tools/node_modules/.bin/node" --input-type=commonjs -e "for (const name of $entries) if (typeof require(name).connect !== 'function') throw new Error(name)"
)
