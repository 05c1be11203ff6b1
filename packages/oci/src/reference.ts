/** What names an artifact in a registry: `ghcr.io/org/policies:v1`, or by its digest. */
export interface Reference {
  readonly registry: string;
  readonly repository: string;
  /** A tag or a digest, whichever was given last; `latest` where none was. */
  readonly reference: string;
}

/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
const repositoryPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
export const digestPattern: RegExp = /^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** Throws `Error` that says which part is wrong. */
export function parseReference(text: string): Reference {
  const slash = text.indexOf("/");
  if (slash <= 0) throw new Error(`invalid reference: missing registry or repository in ${JSON.stringify(text)}`);
  const [registry, rest] = [text.slice(0, slash), text.slice(slash + 1)];
  const at = rest.indexOf("@");
  const digest = at < 0 ? undefined : rest.slice(at + 1);
  const named = at < 0 ? rest : rest.slice(0, at);
  const colon = named.indexOf(":");
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  const repository = colon < 0 ? named : named.slice(0, colon);
  if (!repositoryPattern.test(repository))
    throw new Error(`invalid reference: invalid repository ${JSON.stringify(repository)}`);
  if (digest !== undefined && !digestPattern.test(digest))
    throw new Error(`invalid reference: invalid digest ${JSON.stringify(digest)}`);
  if (digest === undefined && tag !== undefined && !tagPattern.test(tag))
    throw new Error(`invalid reference: invalid tag ${JSON.stringify(tag)}`);
  return { registry, repository, reference: digest ?? tag ?? "latest" };
}
