import { KmsError, type KmsService } from "./service.ts";

/** A call of a plugin that has ended. Nothing in it is secret. */
export interface ObservedCall {
  readonly method: "Status" | "Encrypt" | "Decrypt";
  /** The API server's name of the call. */
  readonly uid: string;
  readonly keyId: string;
  readonly seconds: number;
  /** Why it failed; for a status also why the key is not well. */
  readonly fault: string | undefined;
}

/** The service, which tells of each call when it ends. `now` in milliseconds. */
export function observed(service: KmsService, tell: (call: ObservedCall) => void, now: () => number): KmsService {
  const watch = async <Answer>(
    call: Pick<ObservedCall, "method" | "uid" | "keyId">,
    ask: () => Promise<Answer>,
    found: (answer: Answer) => Partial<ObservedCall>,
  ): Promise<Answer> => {
    const start = now();
    const ended = () => ({ ...call, fault: undefined, seconds: (now() - start) / 1000 });
    try {
      const answer = await ask();
      tell({ ...ended(), ...found(answer) });
      return answer;
    } catch (error) {
      tell({ ...ended(), fault: faultOf(error) });
      throw error;
    }
  };
  return {
    status: () =>
      watch({ method: "Status", uid: "", keyId: "" }, service.status, ({ keyId, healthz }) => ({
        keyId,
        fault: healthz === "ok" ? undefined : healthz,
      })),
    encrypt: (uid, plaintext) =>
      watch(
        { method: "Encrypt", uid, keyId: "" },
        () => service.encrypt(uid, plaintext),
        ({ keyId }) => ({ keyId }),
      ),
    decrypt: (uid, sealed) =>
      watch(
        { method: "Decrypt", uid, keyId: sealed.keyId },
        () => service.decrypt(uid, sealed),
        () => ({}),
      ),
    close: () => service.close(),
  };
}

/** Words of others' libraries might hold what no log should; their names and codes do not. */
function faultOf(error: unknown): string {
  if (error instanceof KmsError) return error.message;
  const { name, code } = error as NodeJS.ErrnoException;
  return `a fault of the program: ${name}${code === undefined ? "" : ` ${code}`}`;
}
