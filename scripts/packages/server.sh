# The server and its command line, for npm.
npm pack --silent --pack-destination "$out" >/dev/null
package=$out/otpd-$version.tgz
contains "$package" package/{package.json,README.md,LICENSE,CHANGELOG.md,npm-shrinkwrap.json,dist/src/bin.js,dist/web/dist/index.html}
npm publish --dry-run --silent "$package"
