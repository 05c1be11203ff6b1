import { type AwsService, callAws } from "../remote/aws-call.ts";
import { RemoteError, textIn } from "../remote/remote.ts";
import { unlessAbsent } from "./absent.ts";
import { maxListed, type SecretStore, type StoredSecret } from "./secret-store.ts";

export interface AwsSecretsManagerOptions {
  readonly aws: AwsService;
  readonly close: () => void;
}

/** What a version begins with that is an id; others are stages, as External Secrets has it. */
const idPrefix = "uuid/";

/** AWS Secrets Manager. https://docs.aws.amazon.com/secretsmanager/latest/apireference */
export class AwsSecretsManager implements SecretStore {
  readonly #options: AwsSecretsManagerOptions;

  constructor(options: AwsSecretsManagerOptions) {
    this.#options = options;
  }

  async read(key: string, version: string | undefined): Promise<StoredSecret | undefined> {
    const answer = await unlessAbsent(
      callAws(this.#options.aws, "GetSecretValue", {
        SecretId: key,
        ...(version?.startsWith(idPrefix) && { VersionId: version.slice(idPrefix.length) }),
        ...(version !== undefined && !version.startsWith(idPrefix) && { VersionStage: version }),
      }),
    );
    if (answer === undefined) return undefined;
    const { SecretString: text, SecretBinary: bytes } = answer;
    const what = "AWS secretsmanager GetSecretValue";
    const value =
      typeof text === "string" ? Buffer.from(text) : Buffer.from(textIn(what, { bytes }, "bytes"), "base64");
    return { value, version: textIn(what, answer, "VersionId") };
  }

  async list(path: string): Promise<readonly string[]> {
    const found: string[] = [];
    for (let token: unknown; ; ) {
      const answer = await callAws(this.#options.aws, "ListSecrets", {
        MaxResults: 100,
        ...(path !== "" && { Filters: [{ Key: "name", Values: [path] }] }),
        ...(token !== undefined && { NextToken: token }),
      });
      const { SecretList: list, NextToken: next } = answer;
      const names = (Array.isArray(list) ? list : []).map((each) =>
        textIn("AWS secretsmanager ListSecrets", each, "Name"),
      );
      // AWS' filter also takes words within names.
      found.push(...names.filter((each) => each.startsWith(path)));
      if (found.length > maxListed)
        throw new RemoteError(`AWS secretsmanager: more than ${maxListed} secrets below ${path}; name a path`);
      if (typeof next !== "string" || next === token) return found.sort();
      token = next;
    }
  }

  close(): void {
    this.#options.close();
  }
}
