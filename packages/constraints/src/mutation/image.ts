/** What is set of an image's reference; what is empty stays. */
export interface ImageParts {
  readonly domain: string;
  readonly path: string;
  /** With its `:` or `@`. */
  readonly tag: string;
}

const domainPattern = /^\w[\w\-_]*\.[\w\-_.]*\w(:\d+)?$|^localhost(:\d+)?$/;
const pathPattern = /^[a-z0-9]+(?:(?:[._/]|__|-*)[a-z0-9]+)*$/;
const tagPattern = /^:\w[\w.-]{0,127}$|^@[A-Za-z][A-Za-z0-9]*([-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,}$/;

/** Throws an error of one line for parts that would be taken for another one when the mutator runs again: it would never come to rest. */
export function checkImageParts({ domain, path, tag }: ImageParts): void {
  if (domain === "" && path === "" && tag === "")
    throw new Error("at least one of [assignDomain, assignPath, assignTag] must be set");
  if (domain !== "" && !domainPattern.test(domain))
    throw new Error(`assignDomain ${JSON.stringify(domain)} must be a fully-qualified domain name or localhost`);
  if (path !== "" && !pathPattern.test(path))
    throw new Error(`assignPath ${JSON.stringify(path)} must be a valid docker image path`);
  if (tag !== "" && !tagPattern.test(tag))
    throw new Error(
      `assignTag ${JSON.stringify(tag)} must be a valid docker image tag or digest starting with ':' or '@'`,
    );
  if (domain === "" && splitImage(path).domain !== "")
    throw new Error(
      `assignDomain must be set if the first part of assignPath ${JSON.stringify(path)} can be interpretted as part of a domain`,
    );
}

/** `domain/path:tag`: what stands before the first `/` is a domain where it has a dot or a port, or is `localhost`. */
function splitImage(image: string): ImageParts {
  const slash = image.indexOf("/");
  const first = image.slice(0, Math.max(slash, 0));
  const domain = /[.:]/.test(first) || first === "localhost" ? first : "";
  const rest = domain === "" ? image : image.slice(slash + 1);
  const sign = rest.search(/[:@]/);
  return { domain, path: sign < 0 ? rest : rest.slice(0, sign), tag: sign < 0 ? "" : rest.slice(sign) };
}

export function changedImage(image: string, parts: ImageParts): string {
  const old = splitImage(image);
  const domain = parts.domain || old.domain;
  return `${domain === "" ? "" : `${domain}/`}${parts.path || old.path}${parts.tag || old.tag}`;
}
