import { StatusError } from "@sallyport/kube";

/**
 * How often a write without a resourceVersion is tried when somebody was faster: of all who write at a time one wins. kube-apiserver's
 * guaranteed update tries for as long as its request may take.
 */
const maxAttempts = 100;

export interface Attempt<T> {
  readonly result: Promise<T>;
  /** A lost race is worth another attempt: the writer named no version of its own. */
  readonly mayRetry: boolean;
}

/** Attempts a write until nobody was faster. */
export async function retried<T>(attempt: (isLast: boolean) => Promise<Attempt<T>>): Promise<T> {
  for (let count = 1; ; count++) {
    const { result, mayRetry } = await attempt(count >= maxAttempts);
    try {
      return await result;
    } catch (error) {
      const isRace = error instanceof StatusError && error.status.reason === "Conflict";
      if (!isRace || !mayRetry) throw error;
    }
  }
}
