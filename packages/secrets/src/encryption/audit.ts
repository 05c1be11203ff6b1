import type { EncryptionConfiguration, ProviderConfiguration, ResourceConfiguration } from "./configuration.ts";
import { parseResource } from "./rules.ts";

export type Severity = "high" | "medium" | "low";

/** What is weak in a configuration that is not wrong, and what would be better. */
export interface AuditFinding {
  readonly severity: Severity;
  /** `identity-first`, `missing-secrets`…: for who lists what is accepted. */
  readonly code: string;
  /** `resources[0].providers[1].aescbc`. */
  readonly where: string;
  readonly what: string;
  readonly fix: string;
}

/** What is known of the file itself, where it lies on a POSIX file system. */
export interface ConfigurationFile {
  /** Permission bits, as 0o600. */
  readonly mode: number;
}

/** After so many writes with one key, random nonces of AES-GCM are no longer unlikely enough to meet. Kubernetes' own advice. */
const gcmWrites = 200_000;

/** Judges a configuration, the gravest first. `reloads` is whether the server looks at the file again. */
export function auditConfiguration(
  configuration: EncryptionConfiguration,
  file?: ConfigurationFile,
  reloads?: boolean,
): readonly AuditFinding[] {
  const { resources } = configuration;
  const findings = [
    ...missingFindings(resources),
    ...resources.flatMap((each, i) => ruleFindings(each, `resources[${i}]`)),
    ...fileFindings(file),
    ...(reloads === false && resources.some(({ providers }) => providers.some(({ kms }) => kms === undefined))
      ? [
          finding(
            "low",
            "no-reload",
            "",
            "the server reads the file at its start alone: keys change only with a restart",
            "set --encryption-provider-config-automatic-reload",
          ),
        ]
      : []),
  ];
  const grades: readonly Severity[] = ["high", "medium", "low"];
  return findings.sort((a, b) => grades.indexOf(a.severity) - grades.indexOf(b.severity));
}

function finding(severity: Severity, code: string, where: string, what: string, fix: string): AuditFinding {
  return { severity, code, where, what, fix };
}

function missingFindings(resources: readonly ResourceConfiguration[]): readonly AuditFinding[] {
  const covered = resources.flatMap((each) => each.resources.map(parseResource));
  const covers = (name: string) =>
    covered.some(({ group, resource }) => (group === "" && (resource === name || resource === "*")) || group === "*");
  return [
    ...(covers("secrets")
      ? []
      : [
          finding(
            "high",
            "missing-secrets",
            "resources",
            "no rule is about secrets: they lie in plaintext",
            "add secrets to a rule whose first provider encrypts",
          ),
        ]),
    ...(covers("configmaps")
      ? []
      : [
          finding(
            "low",
            "missing-configmaps",
            "resources",
            "configmaps lie in plaintext, and many hold credentials",
            "add configmaps, or look for what they hold with sallyport secrets scan",
          ),
        ]),
  ];
}

function ruleFindings({ providers }: ResourceConfiguration, path: string): readonly AuditFinding[] {
  const at = (i: number) => `${path}.providers[${i}]`;
  const [first] = providers;
  const encrypts = providers.some(({ identity }) => identity === undefined);
  return [
    ...(first?.identity === true
      ? [
          finding(
            "high",
            "identity-first",
            at(0),
            encrypts
              ? "identity is the first provider: all that is written lies in plaintext, also what was encrypted before"
              : "identity alone: nothing is encrypted",
            "put a provider that encrypts first",
          ),
        ]
      : []),
    ...(providers.some(({ identity }, i) => identity === true && i > 0)
      ? [
          finding(
            "low",
            "identity-read",
            at(providers.findIndex(({ identity }) => identity === true)),
            "plaintext is still read: whoever can write to the store can put objects there without a key",
            "remove identity once sallyport secrets status finds no plaintext",
          ),
        ]
      : []),
    ...providers.flatMap((provider, i) => providerFindings(provider, at(i), i === 0)),
    ...oneKeyFindings(providers, path),
  ];
}

/** A KMS has its keys elsewhere. */
function oneKeyFindings(providers: readonly ProviderConfiguration[], path: string): readonly AuditFinding[] {
  const encrypting = providers.filter(({ identity }) => identity === undefined);
  const [only] = encrypting;
  if (encrypting.length !== 1 || only === undefined) return [];
  const [kind, keys] = Object.entries(only)[0] as [string, unknown];
  if (!Array.isArray(keys) || keys.length !== 1) return [];
  return [
    finding(
      "low",
      "one-key",
      `${path}.providers[${providers.indexOf(only)}].${kind}.keys`,
      "one key: none is there to change to, and all servers must know the next one before it may write",
      "add a new one behind it and reload all servers; then make it the first, and sallyport secrets rotate",
    ),
  ];
}

function providerFindings(provider: ProviderConfiguration, path: string, writes: boolean): readonly AuditFinding[] {
  const { aescbc, aesgcm, secretbox, kms } = provider;
  const keys = aescbc ?? aesgcm ?? secretbox;
  const name = Object.keys(provider)[0] ?? "";
  const where = `${path}.${name}`;
  const findings: AuditFinding[] = [];
  if (keys !== undefined && writes)
    findings.push(
      finding(
        "medium",
        "local-keys",
        where,
        "the keys lie in a file beside what they protect: a copy of the control plane's disk or backup opens everything",
        "use a KMS v2 plugin: sallyport kms-plugin",
      ),
    );
  if (aescbc !== undefined)
    findings.push(
      finding(
        writes ? "medium" : "low",
        "aescbc",
        where,
        "AES-CBC authenticates nothing: values can be changed, and padding can betray them",
        "write with secretbox or a KMS, then sallyport secrets rotate",
      ),
    );
  if (aesgcm !== undefined && writes)
    findings.push(
      finding(
        "medium",
        "aesgcm-rotation",
        where,
        `AES-GCM with random nonces wears out: a key is good for some ${gcmWrites} writes`,
        "rotate the key on a schedule, or use secretbox or a KMS",
      ),
    );
  if (keys !== undefined && writes && keys.length > 2)
    findings.push(
      finding(
        "low",
        "old-keys",
        `${where}.keys`,
        `${keys.length} keys: those that nothing lies under any more still open copies of the store`,
        "remove keys that sallyport secrets status finds nothing under",
      ),
    );
  if (keys !== undefined) findings.push(...keyFindings(keys, where));
  if (kms !== undefined && kms.apiVersion === "v1")
    findings.push(
      finding(
        "medium",
        "kms-v1",
        where,
        "KMS v1 is deprecated since 1.28, off since 1.29, and asks the plugin at each write",
        "move to apiVersion: v2, then sallyport secrets rotate",
      ),
    );
  return findings;
}

/** The same secret under two names is one key. */
function keyFindings(
  keys: readonly { readonly name: string; readonly secret: string }[],
  where: string,
): readonly AuditFinding[] {
  const same = keys.findIndex(({ secret }, i) => keys.slice(0, i).some((other) => other.secret === secret));
  const weak = keys.findIndex(({ secret }) => new Set(Buffer.from(secret, "base64")).size < 8);
  return [
    ...(same < 0
      ? []
      : [
          finding(
            "medium",
            "same-key",
            `${where}.keys[${same}]`,
            "the same secret as another key: a rotation to it changes nothing",
            "make a new one: head -c 32 /dev/urandom | base64",
          ),
        ]),
    ...(weak < 0
      ? []
      : [
          finding(
            "high",
            "weak-key",
            `${where}.keys[${weak}]`,
            "the secret is not random: it has fewer than 8 different bytes",
            "make a new one: head -c 32 /dev/urandom | base64",
          ),
        ]),
  ];
}

function fileFindings(file: ConfigurationFile | undefined): readonly AuditFinding[] {
  if (file === undefined || (file.mode & 0o077) === 0) return [];
  const isWorld = (file.mode & 0o007) !== 0;
  return [
    finding(
      isWorld ? "high" : "medium",
      "readable-file",
      "",
      `the file's mode is ${(file.mode & 0o777).toString(8).padStart(4, "0")}: ${isWorld ? "everybody on the machine" : "its group"} can read the keys`,
      "chmod 600, owned by who runs the server",
    ),
  ];
}
