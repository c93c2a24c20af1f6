/** The chart: checked by Helm, by the schemas of Kubernetes, and by rules of an audit of its output. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { SETTINGS } from '../../src/config/settings.ts';
import { suiteUnless } from '../support/needy-suite.ts';
import { CHART, MATRIX, type Manifest, manifestsOf, only, render, rendering } from './chart.ts';
import { blockWith, type Call, runBlock, valuesOf } from './documents.ts';
import { missing, outcomeOf, ROOT, run, tool } from './tools.ts';

/** The oldest supported version, and the newest version that the schemas know. */
const KUBERNETES = ['1.30', '1.37'];
const OURS = [/^monitoring\.coreos\.com\//];
const README = 'deploy/helm/otpd/README.md';
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'otpd-chart-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Returns the result of `helm install` with these arguments. */
function installed([, command, ...args]: Call): Manifest[] {
  expect(command).toBe('install');
  return manifestsOf(run(tool.helm4, ['template', ...args]));
}

suiteUnless(missing(tool.helm4, tool.helm3), 'the chart by Helm', () => {
  test('there are values to try', () => {
    expect([...MATRIX].sort()).toEqual(['full', 'mesh', 'redis', 'sqlite']);
  });

  test.each(MATRIX)('it passes the lint of both Helms: %s', (values) => {
    for (const helm of [tool.helm4, tool.helm3]) {
      expect(run(helm, ['lint', CHART, '--strict', '--values', `${CHART}/ci/${values}-values.yaml`])).toContain(
        '0 chart(s) failed',
      );
    }
  });

  test.each(MATRIX)('both Helms make the same of it: %s', (values) => {
    const sorted = (manifests: Manifest[]): Manifest[] =>
      manifests.toSorted((a, b) => `${a.kind}/${a.metadata.name}`.localeCompare(`${b.kind}/${b.metadata.name}`));
    expect(sorted(render(tool.helm3, values))).toEqual(sorted(render(tool.helm4, values)));
  });

  test('its version is that of otpd', () => {
    const { appVersion } = parse(readFileSync(`${CHART}/Chart.yaml`, 'utf8'));
    expect(appVersion).toBe(JSON.parse(readFileSync('package.json', 'utf8')).version);
  });

  test('its README names every value', () => {
    const text = readFileSync(README, 'utf8');
    for (const name of Object.keys(parse(readFileSync(`${CHART}/values.yaml`, 'utf8')))) expect(text).toContain(`\`${name}`);
  });

  const redis = 'redis={"existingSecret":"r"}';
  const keys = 'keys={"existingSecret":"k"}';
  const tls = 'tls={"existingSecret":"t"}';
  const volume = 'persistence={"enabled":true}';
  test.each([
    ['no store', [tls], 'no store: set redis.existingSecret'],
    ['two stores', [redis, keys, tls, volume], 'two stores: set redis.existingSecret or persistence.enabled'],
    ['Redis without keys', [redis, tls], 'set keys.existingSecret'],
    ['SQLite for two', [tls, volume], 'SQLite is for a single replica: set replicaCount=1'],
    ['SQLite for many', [tls, volume, 'replicaCount=1', 'autoscaling={"enabled":true}'], 'SQLite is for a single replica'],
    ['no TLS', [redis, keys], 'no TLS: set tls.existingSecret'],
    ['TLS and none', [redis, keys, 'tls={"existingSecret":"t","insecure":true}'], 'TLS and no TLS'],
    [
      'callers to know without TLS',
      [redis, keys, 'tls={"insecure":true,"clientCa":{"existingSecret":"c"}}'],
      'tls.clientCa needs',
    ],
    [
      'more at least than at most',
      [redis, keys, tls, 'autoscaling={"enabled":true,"minReplicas":11}'],
      'above autoscaling.maxReplicas',
    ],
    ['a value that there is not', [redis, keys, tls, 'replicas=3'], 'replicas'],
    ['a value of another type', [redis, keys, tls, 'replicaCount="3"'], 'replicaCount'],
    ['a digest that is not one', [redis, keys, tls, 'image={"digest":"latest"}'], 'digest'],
    ['TLS undone by a variable', [redis, keys, tls, 'extraEnv=[{"name":"OTPD_INSECURE","value":"true"}]'], 'extraEnv'],
    ['a Redis URL in the clear', [redis, keys, tls, 'extraEnv=[{"name":"OTPD_REDIS_URL","value":"redis://x"}]'], 'extraEnv'],
  ])('it is refused with the remedy: %s', (_, values, words) => {
    for (const helm of [tool.helm4, tool.helm3]) {
      const { code, err } = rendering(helm, ...values);
      expect(code).toBe(1);
      expect(err).toContain(words);
    }
  });

  test('no variable that the chart sets may be set again', () => {
    const { name } = JSON.parse(readFileSync(`${CHART}/values.schema.json`, 'utf8')).properties.extraEnv.items.properties;
    const more = parse(readFileSync(`${CHART}/ci/full-values.yaml`, 'utf8')).extraEnv.map((variable: Manifest) => variable.name);
    const set = MATRIX.flatMap((values) => only(render(tool.helm4, values), 'Deployment').spec.template.spec.containers[0].env);
    for (const variable of set) if (!more.includes(variable.name)) expect(name.not.enum).toContain(variable.name);
  });

  describe.each(MATRIX)('what an auditor reads: %s', (values) => {
    let manifests: Manifest[];
    let pod: Manifest;
    let container: Manifest;
    beforeAll(() => {
      manifests = render(tool.helm4, values);
      pod = only(manifests, 'Deployment').spec.template.spec;
      [container] = pod.containers;
    });

    test('every pod is without privilege', () => {
      const pods = [pod, ...manifests.filter(({ kind }) => kind === 'Pod').map(({ spec }) => spec)];
      expect(pods).toHaveLength(2);
      for (const spec of pods) {
        expect(spec).toMatchObject({
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 65_532,
            runAsGroup: 65_532,
            seccompProfile: { type: 'RuntimeDefault' },
          },
        });
        for (const field of ['hostNetwork', 'hostPID', 'hostIPC', 'initContainers']) expect(spec).not.toHaveProperty(field);
        for (const each of spec.containers) {
          expect(each.securityContext).toEqual({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          });
          expect(each.resources.limits.memory).toBeDefined();
          expect(each.resources.requests.cpu).toBeDefined();
        }
      }
      for (const { automountServiceAccountToken } of manifests.filter(({ kind }) => kind === 'ServiceAccount'))
        expect(automountServiceAccountToken).toBe(false);
    });

    test('it may do nothing in the cluster, and makes no Secret', () => {
      const kinds = manifests.map(({ kind }) => kind);
      for (const kind of ['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding', 'Secret'])
        expect(kinds).not.toContain(kind);
    });

    test('secrets are files for the group of the process only', () => {
      for (const { value, valueFrom, name } of container.env) {
        expect(valueFrom).toBeUndefined();
        if (/URL_FILE|KEY|KEYS|CERT|CA$/.test(name)) expect(value).toMatch(/^\/run\/secrets\/otpd\/[a-z.-]+$/);
      }
      const secrets = pod.volumes.filter(({ projected }: Manifest) => projected !== undefined);
      const paths = secrets.flatMap(({ projected }: Manifest) =>
        projected.sources.flatMap(({ secret }: Manifest) =>
          secret.items.map(({ path }: Manifest) => `/run/secrets/otpd/${path}`),
        ),
      );
      const used = container.env.map(({ value }: Manifest) => value).filter((value: string) => value.startsWith('/run/secrets/'));
      expect(used.toSorted()).toEqual(paths.toSorted());
      for (const { projected } of secrets) expect(projected.defaultMode).toBe(288);
      // Whole folders are mounted, since a file that is mounted alone is never updated.
      for (const mount of container.volumeMounts) expect(mount).not.toHaveProperty('subPath');
    });

    test('each of its variables is a setting of otpd', () => {
      const known = new Set([...Object.values(SETTINGS).map(({ env }) => env), 'OTPD_REDIS_URL_FILE']);
      const ours = container.env.map(({ name }: Manifest) => name).filter((name: string) => name.startsWith('OTPD_'));
      expect(ours.filter((name: string) => !known.has(name))).toEqual([]);
      expect(new Set(ours).size).toBe(ours.length);
    });

    test('it gets time for its end, and health checks by HTTP', () => {
      const grace = Number(container.env.find(({ name }: Manifest) => name === 'OTPD_SHUTDOWN_GRACE').value);
      // Includes the 5 s that a process gives to leftovers at its end.
      expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(container.lifecycle.preStop.sleep.seconds + grace + 5);
      for (const probe of ['startupProbe', 'livenessProbe'])
        expect(container[probe].httpGet).toEqual({ path: '/livez', port: 'ops' });
      expect(container.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'ops' });
    });

    test('its selectors find its pods, and the ports are those of the pods', () => {
      const { labels } = only(manifests, 'Deployment').spec.template.metadata;
      const ports = container.ports.map(({ name }: Manifest) => name);
      const selectors = manifests.flatMap(({ kind, spec }) => {
        if (kind === 'Service') return [spec.selector];
        if (kind === 'Deployment' || kind === 'PodDisruptionBudget') return [spec.selector.matchLabels];
        return kind === 'NetworkPolicy' ? [spec.podSelector.matchLabels] : [];
      });
      for (const selector of selectors) expect(labels).toMatchObject(selector);
      for (const { spec } of manifests.filter(({ kind }) => kind === 'Service'))
        for (const { targetPort } of spec.ports) expect(ports).toContain(targetPort);
      // No Service selects the pod of the test.
      expect(only(manifests, 'Pod').metadata.labels).not.toHaveProperty('app.kubernetes.io/name');
    });

    test('metrics are not on the Service that callers use', () => {
      const [balanced, headless] = manifests
        .filter(({ kind }) => kind === 'Service')
        .toSorted((a, b) => a.metadata.name.length - b.metadata.name.length);
      expect(balanced.spec.ports.map(({ name }: Manifest) => name)).not.toContain('ops');
      expect(headless.metadata.name).toBe('otpd-headless');
      expect(headless.spec).toMatchObject({
        clusterIP: 'None',
        ports: expect.arrayContaining([expect.objectContaining({ name: 'ops' })]),
      });
    });
  });

  test('with Redis nothing can be written; without it the database alone, by one pod at a time', () => {
    const withRedis = only(render(tool.helm4, 'redis'), 'Deployment').spec;
    expect(withRedis.template.spec.containers[0].volumeMounts.every(({ readOnly }: Manifest) => readOnly === true)).toBe(true);
    expect(withRedis.template.spec.volumes.every(({ projected }: Manifest) => projected !== undefined)).toBe(true);
    expect(withRedis.strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } });

    const manifests = render(tool.helm4, 'sqlite');
    const alone = only(manifests, 'Deployment').spec;
    expect(alone).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
    expect(alone.template.spec.containers[0].volumeMounts.filter(({ readOnly }: Manifest) => readOnly !== true)).toEqual([
      { name: 'data', mountPath: '/var/lib/otpd' },
    ]);
    const claim = only(manifests, 'PersistentVolumeClaim');
    expect(claim.spec.accessModes).toEqual(['ReadWriteOncePod']);
    // `helm uninstall` must not delete the used codes.
    expect(claim.metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
  });

  test('by default its network is closed to other namespaces, and a mesh may do without', () => {
    const policy = only(render(tool.helm4, 'redis'), 'NetworkPolicy').spec;
    expect(policy.policyTypes).toEqual(['Ingress', 'Egress']);
    for (const { from } of policy.ingress) expect(from).toEqual([{ podSelector: {} }]);
    expect(policy.egress.flatMap(({ ports }: Manifest) => ports.map(({ port }: Manifest) => port))).toEqual([53, 53, 6379]);
    expect(render(tool.helm4, 'mesh').filter(({ kind }) => kind === 'NetworkPolicy')).toEqual([]);
    const full = only(render(tool.helm4, 'full'), 'NetworkPolicy').spec;
    expect(full.egress[1]).toEqual({
      ports: [{ protocol: 'TCP', port: 6380 }],
      to: [{ podSelector: { matchLabels: { app: 'redis' } } }],
    });
    expect(full.ingress).toHaveLength(2);
  });

  test('a disruption takes one of several pods, and a single pod holds up no drain', () => {
    expect(only(render(tool.helm4, 'redis'), 'PodDisruptionBudget').spec).toMatchObject({
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    });
    for (const values of ['mesh', 'sqlite'])
      expect(render(tool.helm4, values).filter(({ kind }) => kind === 'PodDisruptionBudget')).toEqual([]);
  });

  test('with an autoscaler the number of replicas is its own', () => {
    const manifests = render(tool.helm4, 'full');
    expect(only(manifests, 'Deployment').spec).not.toHaveProperty('replicas');
    expect(only(manifests, 'HorizontalPodAutoscaler').spec).toMatchObject({
      minReplicas: 3,
      maxReplicas: 20,
      scaleTargetRef: { kind: 'Deployment', name: 'otpd' },
    });
  });

  test('other plans mean other pods', () => {
    const checksum = (...more: string[]): string =>
      only(render(tool.helm4, 'redis', ...more), 'Deployment').spec.template.metadata.annotations['checksum/plans'];
    expect(checksum()).toMatch(/^[0-9a-f]{64}$/);
    expect(checksum('--set-json', 'plans={"free":{"minute":6}}')).not.toBe(checksum());
    const manifests = render(tool.helm4, 'full');
    const plans = manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'otpd-plans');
    expect(JSON.parse(plans.data['plans.json'])).toEqual({ free: { minute: 5, hour: 60 }, unlimited: {} });
  });

  test('an image is taken by its digest if there is one', () => {
    const imageOf = (values: string): string =>
      only(render(tool.helm4, values), 'Deployment').spec.template.spec.containers[0].image;
    expect(imageOf('full')).toMatch(/^registry\.example\.com\/otpd@sha256:[0-9a-f]{64}$/);
    expect(imageOf('redis')).toBe(`otpd:${JSON.parse(readFileSync('package.json', 'utf8')).version}`);
  });

  test('TLS and IPv6 are where they should be', () => {
    const envOf = (values: string): Record<string, string> =>
      Object.fromEntries(
        only(render(tool.helm4, values), 'Deployment').spec.template.spec.containers[0].env.map(({ name, value }: Manifest) => [
          name,
          value,
        ]),
      );
    expect(envOf('redis')).not.toHaveProperty('OTPD_INSECURE');
    expect(envOf('mesh')).toMatchObject({
      OTPD_INSECURE: 'true',
      OTPD_LISTEN: '[::]:50051',
      OTPD_HTTP_LISTEN: 'off',
      OTPD_OPS_LISTEN: '[::]:9464',
    });
    expect(envOf('full')).toMatchObject({
      OTPD_TLS_CLIENT_CA: '/run/secrets/otpd/client-ca.crt',
      OTPD_REDIS_KEY: '/run/secrets/otpd/redis.key',
    });
  });

  test('the monitor finds the service with the metrics, the rules and the dashboard are ours', () => {
    const manifests = render(tool.helm4, 'full');
    const monitor = only(manifests, 'ServiceMonitor');
    const monitored = manifests.filter(
      ({ kind, metadata }) =>
        kind === 'Service' &&
        Object.entries(monitor.spec.selector.matchLabels).every(([name, value]) => metadata.labels[name] === value),
    );
    expect(monitored.map(({ metadata }) => metadata.name)).toEqual(['otpd-headless']);
    expect(monitored[0].spec.ports.map(({ name }: Manifest) => name)).toContain(monitor.spec.endpoints[0].port);
    expect(only(manifests, 'PrometheusRule').spec).toEqual(parse(readFileSync('deploy/prometheus/rules.yaml', 'utf8')));
    const dashboard = manifests.find(({ metadata }) => metadata.name === 'otpd-dashboard');
    expect(dashboard.data['otpd.json']).toBe(readFileSync('deploy/grafana/otpd.json', 'utf8'));
  });

  suiteUnless(missing(tool.promtool), 'the rules of the chart by promtool', () => {
    test('they are in order', () => {
      const file = join(folder, 'rules.yaml');
      writeFileSync(file, stringify(only(render(tool.helm4, 'full'), 'PrometheusRule').spec));
      expect(run(tool.promtool, ['check', 'rules', file])).toContain('SUCCESS');
    });
  });

  suiteUnless(missing(tool.kubernetesValidate), 'the chart by the schemas of Kubernetes', () => {
    test.each(MATRIX.flatMap((values) => KUBERNETES.map((version) => [values, version] as const)))(
      '%s on %s',
      (values, version) => {
        const manifests = render(tool.helm4, values).filter(({ apiVersion }) => !OURS.some((group) => group.test(apiVersion)));
        const file = join(folder, `${values}.yaml`);
        writeFileSync(file, manifests.map((manifest) => JSON.stringify(manifest)).join('\n---\n'));
        const { code, out, err } = outcomeOf(tool.kubernetesValidate, ['--kubernetes-version', version, '--strict', file]);
        expect({ code, out: out + err }).toEqual({
          code: 0,
          out: expect.stringMatching(/^(INFO .* passed for resource .*\n)+$/),
        });
      },
    );

    test('a field that there is not is found', () => {
      const file = join(folder, 'wrong.yaml');
      const deployment = only(render(tool.helm4, 'redis'), 'Deployment');
      deployment.spec.template.spec.containers[0].readynessProbe = {};
      writeFileSync(file, JSON.stringify(deployment));
      expect(outcomeOf(tool.kubernetesValidate, ['--kubernetes-version', '1.37', '--strict', file]).code).not.toBe(0);
    });
  });

  suiteUnless(missing(tool.operator), 'the chart by the schemas of the Prometheus operator', () => {
    test.each(['ServiceMonitor', 'PrometheusRule'])('%s', async (kind) => {
      const { [kind]: Model } = await import(pathToFileURL(tool.operator).href);
      const manifest = only(render(tool.helm4, 'full'), kind);
      expect(() => new Model(manifest).validate()).not.toThrow();
      expect(() => new Model({ ...manifest, spec: { groups: 1, endpoints: 1 } }).validate()).toThrow();
    });
  });

  test('Helm shows the next steps', () => {
    const notes = run(tool.helm4, ['install', 'otpd', CHART, '--dry-run=client', '--values', `${CHART}/ci/sqlite-values.yaml`]);
    expect(notes).toContain('exec deploy/otpd -- otpd keys create');
  });

  test('the commands of the README make the Secrets that the release mounts', () => {
    const programs = { kubectl: '', helm: '', otpd: `exec '${process.execPath}' '${ROOT}src/main.ts' "$@"` };
    runBlock(blockWith(README, 'sealing-keys add'), { cwd: folder, programs });
    for (const name of ['fingerprint-key', 'sealing-keys'])
      expect(readFileSync(join(folder, name), 'utf8').length).toBeGreaterThan(64);
    const calls = runBlock(blockWith(README, 'kubectl create secret'), { cwd: folder, programs });
    const [keys, redis, install] = calls as [Call, Call, Call];
    const made = [keys, redis].flatMap((call) => valuesOf(call, '--from-file').map((text) => `${call[4]}/${text.split('=')[0]}`));
    const { volumes } = only(installed(install), 'Deployment').spec.template.spec;
    const mounted = volumes[0].projected.sources.flatMap(({ secret: { name, items } }: Manifest) =>
      items.map(({ key }: Manifest) => `${name}/${key}`),
    );
    expect(mounted.toSorted()).toEqual([...made, 'otpd-tls/tls.crt', 'otpd-tls/tls.key'].toSorted());
  });

  test('the command of the README for SQLite makes one pod and its volume', () => {
    const [install] = runBlock(blockWith(README, 'persistence.enabled=true'), { programs: { helm: '' } }) as [Call];
    const manifests = installed(install);
    expect(only(manifests, 'Deployment').spec.replicas).toBe(1);
    expect(only(manifests, 'PersistentVolumeClaim').metadata.name).toBe('otpd');
  });
});
