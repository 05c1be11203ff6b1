import { RemoteError } from "../../remote/remote.ts";
import { SourceError } from "../../source-error.ts";
import type { KeySource } from "../key-source.ts";
import { KmsError } from "../service.ts";

/** The source, whose faults are those of a KMS: their words are made to be shown. */
export function withKmsFaults(source: KeySource): KeySource {
  return {
    currentKeyId: () => source.currentKeyId().catch(rethrow),
    seal: (plaintext) => source.seal(plaintext).catch(rethrow),
    open: (sealed) => source.open(sealed).catch(rethrow),
    close: () => source.close(),
  };
}

function rethrow(error: Error): never {
  throw error instanceof RemoteError || error instanceof SourceError
    ? new KmsError(error.message, { cause: error })
    : error;
}
