/** Texts that stand for a secret kept elsewhere: environment, templates, stores, or encrypted where they stand. */
const references: readonly RegExp[] = [
  /^\$\([A-Za-z_][\w.-]*\)$/, // Kubernetes
  /^\$[A-Za-z_]\w*$/, // shells
  /^\$\{[^}]*\}$/, // shells, Spring, envsubst
  /^\$\{\{.*\}\}$/s, // GitHub's workflows
  /^%?\{[A-Za-z_][\w. -]*\}$/,
  /^%[A-Za-z_]\w*%$/,
  /^#\{[^}]*\}#?$/,
  /^<%.*%>$/s,
  /^@[\w.-]+@$/, // Maven, autoconf
  /^__[A-Za-z0-9_]+__$/,
  /^\$__(?:file|env|vault)\{/, // Grafana
  /^!(?:vault|secret|env_var|Ref|Sub|GetAtt)\b/,
  /^(?:vault|ref\+[a-z0-9]+|op|awssm|gcpsm|azurekv|akv|bao|secretref|keyvault|doppler|infisical|sops|file|env|secret|k8s|kv):/i,
  /^(?:arn:aws[a-z-]*:(?:secretsmanager|ssm|kms)|projects\/[^/]+\/secrets\/|https:\/\/[^/]+\.vault\.azure\.net\/)/,
  /^\/run\/secrets\//,
  /^\{\{\s*resolve:/,
  /^@Microsoft\.KeyVault\(/,
  /^<(?:path|vault|secret):[^>]*>$/, // Argo CD's vault plugin
  /^ENC\[/, // sops, Puppet
  /^ENC\(/, // Jasypt
  /^\{cipher\}/, // Spring's configuration server
  /^\$ANSIBLE_VAULT;/,
  /^vault:v\d+:/, // what Vault's transit has encrypted
  /^-----BEGIN (?:AGE ENCRYPTED FILE|PGP MESSAGE)/,
  /^Ag[A-D][A-Za-z0-9+/]{600,}={0,2}$/, // a value of a SealedSecret
];

/** Whether nothing of the secret itself is in the text. Text with a template's braces in it is made elsewhere, too. */
export function isReference(text: string): boolean {
  return text.includes("{{") || references.some((each) => each.test(text));
}

/** The default in `${NAME:-default}` and Spring's `${name:default}`: a value in clear, within a reference. */
export function defaultInReference(text: string): string | undefined {
  const [, value] =
    /^\$\{[A-Za-z_][\w.-]*:?[-=]([^${}]+)\}$/.exec(text) ??
    /^\$\{[A-Za-z_][\w.-]*:([^${}:?+-][^${}]*)\}$/.exec(text) ??
    [];
  return value;
}

/** Words that stand where somebody should write a secret, or that everybody knows. */
const placeholderWords =
  /^(?:admin|administrator|root|guest|user|username|test|testing|tester|demo|example|sample|dummy|fake|mock|foo|bar|baz|foobar|string|value|none|null|nil|undefined|empty|default|pass|passw(?:or)?d|passwort|pwd|secret|secrets|token|key|apikey|api[-_ ]?key|postgres|postgresql|mysql|redis|rabbitmq|mongo|mongodb|minioadmin|elastic|kibana|grafana|prom-operator|qwerty|letmein|abc123|password1|password123|p@ssw0rd|passw0rd|admin123|hunter2|secret123|test123|0+|1234\d*|x+|\*+|\.+|-+|_+|#+|\?+)$/i;

const placeholderParts =
  /change[-_ ]?(?:me|it|this)|replace[-_ ]?(?:me|this|with)|(?:fill|put|insert|enter|add|set)[-_ ]?(?:me|in|your|here|this)|to[-_ ]?be[-_ ]?(?:set|replaced|filled|defined)|(?:^|[-_ ])your[-_ ]|(?:^|[-_ .])(?:todo|tbd|fixme|redacted|placeholder|dummy|example|sample|fake|not[-_ ]?a[-_ ]?(?:real|secret)|do[-_ ]?not[-_ ]?use|insecure)(?:$|[-_ .])|x{6,}|\*{4,}|\.{3}$|…$|(.)\1{9,}|EXAMPLE|deadbeef|0123456789abcdef|1234567890|abcdefgh|^<[^<>]+>$|^\[[^[\]]+\]$|^(.)\2+$/i;

/** Whether it is meant to be replaced, or stands in documentation: a finding of low confidence all the same, since some are never replaced. */
export function isPlaceholder(text: string): boolean {
  return placeholderWords.test(text) || placeholderParts.test(text);
}
