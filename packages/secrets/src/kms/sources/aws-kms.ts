import { type AwsService, callAws } from "../../remote/aws-call.ts";
import { RemoteError, textIn } from "../../remote/remote.ts";
import type { KeySource, SealedKey } from "../key-source.ts";
import { KmsError } from "../service.ts";

export interface AwsKmsOptions {
  readonly aws: AwsService;
  /** An id, an ARN or an alias (`alias/…`): one that is pointed at another key makes for a rotation. */
  readonly key: string;
  /** What AWS authenticates, and writes into its log, beside the key. */
  readonly context: { readonly [name: string]: string };
  readonly close: () => void;
}

interface KeyArn {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly id: string;
}

/** A symmetric key of AWS KMS. Its id is its ARN: what AWS rotates within a key needs no rewriting. https://docs.aws.amazon.com/kms/latest/APIReference */
export class AwsKms implements KeySource {
  readonly #options: AwsKmsOptions;
  #current: KeyArn | undefined;

  constructor(options: AwsKmsOptions) {
    this.#options = options;
  }

  async currentKeyId(): Promise<string> {
    const { aws, key } = this.#options;
    const { KeyMetadata: metadata } = await callAws(aws, "DescribeKey", { KeyId: key });
    const arn = textIn("AWS kms DescribeKey", metadata, "Arn");
    const { KeyState, KeyUsage, KeySpec } = metadata as { readonly [field: string]: unknown };
    if (KeyState !== "Enabled") throw new RemoteError(`AWS kms: key ${arn} is ${String(KeyState)}, expected Enabled`);
    if (KeyUsage !== "ENCRYPT_DECRYPT" || (KeySpec !== undefined && KeySpec !== "SYMMETRIC_DEFAULT"))
      throw new RemoteError(`AWS kms: key ${arn} is ${String(KeySpec)} for ${String(KeyUsage)}, expected symmetric`);
    this.#current = arnOf(arn);
    return arn;
  }

  async seal(plaintext: Uint8Array): Promise<SealedKey> {
    const { aws, key, context } = this.#options;
    const answer = await callAws(aws, "Encrypt", {
      KeyId: key,
      Plaintext: Buffer.from(plaintext).toString("base64"),
      EncryptionContext: context,
    });
    const ciphertext = Buffer.from(textIn("AWS kms Encrypt", answer, "CiphertextBlob"), "base64");
    return { ciphertext, keyId: textIn("AWS kms Encrypt", answer, "KeyId"), annotations: new Map() };
  }

  async open({ ciphertext, keyId }: SealedKey): Promise<Uint8Array> {
    const { aws, context } = this.#options;
    if (this.#current === undefined) await this.currentKeyId();
    const answer = await callAws(aws, "Decrypt", {
      KeyId: this.#ownArn(keyId),
      CiphertextBlob: Buffer.from(ciphertext).toString("base64"),
      EncryptionContext: context,
    });
    return Buffer.from(textIn("AWS kms Decrypt", answer, "Plaintext"), "base64");
  }

  close(): void {
    this.#options.close();
  }

  /** Who can write into the store must not have us open with a key of theirs. Keys of several regions are the same in each. */
  #ownArn(keyId: string): string {
    const [given, current] = [arnOf(keyId), this.#current];
    if (given === undefined || current === undefined || given.account !== current.account)
      throw new KmsError(`key ${keyId} is none of AWS account ${current?.account ?? ""}`);
    return given.id.startsWith("mrk-") ? keyId.replace(`:${given.region}:`, `:${current.region}:`) : keyId;
  }
}

function arnOf(text: string): KeyArn | undefined {
  const [, partition, region, account, id] = /^arn:([\w-]+):kms:([\w-]+):(\d+):key\/([\w-]+)$/.exec(text) ?? [];
  return partition === undefined ? undefined : ({ partition, region, account, id } as KeyArn);
}
