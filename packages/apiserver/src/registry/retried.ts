import { StatusError } from "@sallyport/kube";

/** How often a write without a resourceVersion is tried again when somebody was faster. kube-apiserver's guaranteed update does as much. */
const maxAttempts = 10;

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
