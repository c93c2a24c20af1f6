/**
 * Writes the version, the repository and the home page from `package.json` into every package and its README. With `--check` only compares, names
 * each place that differs, and exits with 1 if there is one.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';

interface Manifest {
  readonly version: string;
  readonly homepage: string;
  readonly repository: { readonly url: string };
}

/** A value in a file: the first group of each match of the pattern. */
interface Place {
  readonly pattern: RegExp;
  readonly value: string;
}

const { version, homepage, repository }: Manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const url = repository.url.replace(/^git\+/, '').replace(/\.git$/, '');

const POM: readonly Place[] = [
  { pattern: /<artifactId>otpd-client(?:-kotlin|-scala_2\.13)?<\/artifactId>\s*<version>([^<$]+)</g, value: version },
  { pattern: /^ {2}<url>([^<]+)</gm, value: homepage },
  { pattern: /<organizationUrl>([^<]+)</g, value: homepage },
  { pattern: /<scm>\s*<url>([^<]+)</g, value: url },
  { pattern: /<(?:connection|developerConnection)>scm:git:([^<]+)\.git</g, value: url },
  { pattern: /<issueManagement>[\s\S]*?<url>([^<]+)\/issues</g, value: url },
];
const RUNNER: readonly Place[] = [
  { pattern: /<groupId>dev\.otpd<\/groupId>\s*<artifactId>[\w.-]+<\/artifactId>\s*<version>([^<]+)</g, value: version },
];
const NPM: readonly Place[] = [
  { pattern: /"version": "([^"]+)"/g, value: version },
  { pattern: /"homepage": "([^"]+)"/g, value: homepage },
  { pattern: /"url": "git\+([^"]+)\.git"/g, value: url },
  { pattern: /"url": "([^"]+)\/issues"/g, value: url },
];
const PLACES: Readonly<Record<string, readonly Place[]>> = {
  'package.json': [{ pattern: /"url": "([^"]+)\/issues"/g, value: url }],
  'package-lock.json': [{ pattern: /^ {2,6}"name": "otpd",\n *"version": "([^"]+)"/gm, value: version }],
  'clients/typescript/package.json': NPM,
  'clients/python/pyproject.toml': [
    { pattern: /^version = "([^"]+)"/gm, value: version },
    { pattern: /^Homepage = "([^"]+)"/gm, value: homepage },
    { pattern: /^(?:Source|Documentation|Issues|Changelog) = "(.+?)(?:\/issues|\/blob\/main\/.*)?"/gm, value: url },
  ],
  'clients/rust/Cargo.toml': [
    { pattern: /^version = "([^"]+)"/gm, value: version },
    { pattern: /^homepage = "([^"]+)"/gm, value: homepage },
    { pattern: /^repository = "([^"]+)"/gm, value: url },
  ],
  'clients/csharp/Otpd.Client.csproj': [{ pattern: /<Version>([^<]+)</g, value: version }],
  'clients/php/composer.json': [
    { pattern: /"version": "([^"]+)"/g, value: version },
    { pattern: /"homepage": "([^"]+)"/g, value: homepage },
    { pattern: /"source": "([^"]+)"/g, value: url },
  ],
  'clients/php/src/Client.php': [{ pattern: /VERSION = '([^']+)'/g, value: version }],
  'clients/ruby/lib/otpd/version.rb': [{ pattern: /VERSION = '([^']+)'/g, value: version }],
  'clients/ruby/otpd-client.gemspec': [
    { pattern: /homepage = '([^']+)'/g, value: homepage },
    { pattern: /source = '([^']+)'/g, value: url },
  ],
  'clients/java/pom.xml': POM,
  'clients/kotlin/pom.xml': POM,
  'clients/scala/pom.xml': POM,
  'clients/cpp/CMakeLists.txt': [
    { pattern: /^project\(otpd VERSION (\S+)/gm, value: version },
    { pattern: /HOMEPAGE_URL "?([^\s")]+)/g, value: homepage },
  ],
  'test/clients/runners/java/pom.xml': RUNNER,
  'test/clients/runners/kotlin/pom.xml': RUNNER,
  'test/clients/runners/scala/pom.xml': RUNNER,
};
/** The places in a README. Registries show it without its folder, so its links must be absolute. */
const README: readonly Place[] = [
  { pattern: /\]\((https?:\/\/[^)\s]+?)\/(?:blob|tree)\/main\//g, value: url },
  { pattern: /<artifactId>otpd-client(?:-kotlin|-scala_2\.13)?<\/artifactId>\s*<version>([^<]+)</g, value: version },
  { pattern: /dev\.otpd:otpd-client(?:-kotlin)?:([\w.-]+)/g, value: version },
  { pattern: /"otpd-client-scala" % "([\w.-]+)"/g, value: version },
  { pattern: /find_package\(otpd (\d+\.\d+)/g, value: version.replace(/\.\d+$/, '') },
  { pattern: /otpd-client-(?:php-)?(\d[\w.-]*)\.(?:tgz|gem|tar\.gz)/g, value: version },
];

const isCheck = process.argv.includes('--check');
const complaints = [
  ...Object.entries(PLACES).flatMap(([file, places]) => settle(file, places, true)),
  ...globSync('clients/*/README.md').flatMap((file) => [...settle(file, README, false), ...relativeLinks(file)]),
];
process.stderr.write(complaints.join(''));
if (complaints.length > 0) process.exitCode = 1;

/** Writes the values into a file, or compares them. Returns the complaints, also about a required place that is missing. */
function settle(file: string, places: readonly Place[], mustBeThere: boolean): string[] {
  let text = readFileSync(file, 'utf8');
  const found: string[] = [];
  for (const { pattern, value } of places) {
    if (mustBeThere && text.search(pattern) < 0) found.push(`${file}: nothing is like ${pattern.source}\n`);
    text = text.replaceAll(pattern, (match, has: string) => {
      if (has !== value && isCheck)
        found.push(`${file}: has ${has} instead of ${value}: run node scripts/packages/identity.ts\n`);
      return match.replace(has, () => value);
    });
  }
  if (!isCheck) writeFileSync(file, text);
  return found;
}

/** Turns relative links of a README into links to the repository, or names them. */
function relativeLinks(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const found: string[] = [];
  const absolute = text.replaceAll(/```[\s\S]*?```|`[^`]*`|\]\((?!https?:|#)([^)\s]+)\)/g, (match, link?: string) => {
    if (link === undefined) return match;
    if (isCheck) found.push(`${file}: a registry shows no ${link}: run node scripts/packages/identity.ts\n`);
    return `](${url}/blob/main/${posix.join(posix.dirname(file), link)})`;
  });
  if (!isCheck) writeFileSync(file, absolute);
  return found;
}
