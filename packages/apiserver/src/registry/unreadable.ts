import { qualifiedResource, StatusError } from "@sallyport/kube";

/** Something that lies in the store and cannot be read: whether its key is another one, or somebody has changed it, is not known. */
export interface StoreFault {
  /** In the store: `/registry/secrets/NAMESPACE/NAME`. */
  readonly key: string;
  readonly modRevision: number;
  readonly fault: string;
}

/** kube-apiserver tells of so many in one answer. */
const maxTold = 100;

/** Refuses one by its name, in kube-apiserver's words since 1.37; who makes one of that name, or deletes it unread, catches it. */
export class UnreadableError extends StatusError {
  readonly stored: StoreFault;

  constructor(stored: StoreFault) {
    const message = corruptText(stored.key.replace(/^\/registry/, ""), stored);
    super("InternalError", `Internal error occurred: ${message}`, { causes: [{ message }] });
    this.stored = stored;
  }
}

/** Refuses an update of one: the store reads it then without saying which it is. */
export function unreadableForUpdate({ stored }: UnreadableError): StatusError {
  const message = untransformableText(stored);
  return new StatusError("InternalError", `Internal error occurred: ${message}`, { causes: [{ message }] });
}

/** Refuses a list with some of them in it. */
export function unreadableList(
  resource: { readonly group: string; readonly resource: string },
  faults: readonly StoreFault[],
): StatusError {
  const causes = faults.slice(0, maxTold).map((each) => ({
    reason: "UnexpectedServerResponse",
    message: corruptText(each.key, each),
    field: each.key,
  }));
  const tooMany = { reason: "FieldValueTooMany", message: "too many errors, the list is truncated" };
  const more = causes.length > 1 ? ` (and ${causes.length - 1} more)` : "";
  const text = `failed to read one or more ${qualifiedResource(resource)} from the storage: ${causes[0]?.message}${more}`;
  return new StatusError("StorageReadError", text, {
    name: "list",
    ...(resource.group === "" ? {} : { group: resource.group }),
    kind: resource.resource,
    causes: causes.length < maxTold ? causes : [...causes, tooMany],
  });
}

function corruptText(key: string, stored: StoreFault): string {
  return `StorageError: corrupt object, Code: 7, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${untransformableText(stored)}`;
}

function untransformableText({ fault }: StoreFault): string {
  return `data from the storage is not transformable revision=0: ${fault}`;
}
