import { statSync } from "node:fs";
import {
  ConfigurationError,
  createEncryption,
  decodeConfiguration,
  type Encryption,
  type EncryptionConfiguration,
} from "@sallyport/secrets/encryption";
import { documentOf, textOf } from "../encryption-flags.ts";
import { UsageError } from "../errors.ts";

/** A configuration of a file at work, for a command that looks at a store: KMS of version 1 are read as well. Rejects with `UsageError`. */
export async function encryptionOf(file: string): Promise<Encryption> {
  try {
    return await createEncryption(documentOf(await textOf(file)), {
      now: Date.now,
      reload: false,
      allowsKmsV1: true,
      onFault: (text) => process.stderr.write(`sallyport: ${text}\n`),
      onRotate: () => {},
    });
  } catch (error) {
    throw told(file, error);
  }
}

/** What a file says, unopened, and its mode. Rejects with `UsageError`. */
export async function configurationOf(
  file: string,
): Promise<{ readonly configuration: EncryptionConfiguration; readonly mode: number }> {
  try {
    return { configuration: decodeConfiguration(documentOf(await textOf(file))), mode: statSync(file).mode };
  } catch (error) {
    throw told(file, error);
  }
}

function told(file: string, error: unknown): unknown {
  return error instanceof ConfigurationError ? new UsageError(`${file}: ${error.message}`) : error;
}
