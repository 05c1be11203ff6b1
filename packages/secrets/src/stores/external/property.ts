import { ExternalSecretError, type SecretData } from "./external-secret.ts";

/**
 * A property of a secret that is JSON: by its whole name, else by a path of names and indexes with dots, where `\.` is a dot of a name. Texts
 * are answered as they are, all else as JSON. Throws `ExternalSecretError`, which names the property alone.
 */
export function propertyOf(secret: Uint8Array, property: string): Uint8Array {
  return bytesOf(valueAt(secret, property));
}

/** The properties of a secret that is a JSON object, or of one within it. Throws `ExternalSecretError`. */
export function propertiesOf(secret: Uint8Array, property: string | undefined): SecretData {
  const value = property === undefined || property === "" ? parsed(secret) : valueAt(secret, property);
  const within = typeof value === "string" ? parsed(Buffer.from(value)) : value;
  if (typeof within !== "object" || within === null || Array.isArray(within))
    throw new ExternalSecretError(`${property ? `property ${property}` : "the secret"} is no JSON object`);
  return new Map(Object.entries(within).map(([name, each]) => [name, bytesOf(each)]));
}

function valueAt(secret: Uint8Array, property: string): unknown {
  const document = parsed(secret);
  if (isMap(document) && Object.hasOwn(document, property)) return document[property];
  const names = property.split(/(?<!\\)\./).map((name) => name.replaceAll("\\.", "."));
  const found = names.reduce<unknown>((value, name) => memberOf(value, name), document);
  if (found === undefined) throw new ExternalSecretError(`the secret has no property ${property}`);
  return found;
}

function memberOf(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return /^(0|[1-9]\d*)$/.test(name) ? value[Number(name)] : undefined;
  return isMap(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function isMap(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parsed(secret: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(secret).toString("utf8"));
  } catch {
    // The parser's own words quote what it read.
    throw new ExternalSecretError("the secret is no JSON, which has properties");
  }
}

function bytesOf(value: unknown): Uint8Array {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
}
