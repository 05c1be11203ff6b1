import { askProvider, defaultTtl, ExternalData, type ExternalDataOptions } from "@sallyport/constraints";
import { nodeNetwork } from "@sallyport/effects";

export interface ExternalDataSettings extends Partial<Pick<ExternalDataOptions, "ttl" | "clientCertificate">> {
  /** Where they are not, an object that needs what they know is refused: nobody knows what would have been decided. */
  readonly isAsked: boolean;
}

/** Providers as they are asked from this machine. */
export function createExternalData({
  isAsked,
  ttl = defaultTtl,
  clientCertificate,
}: ExternalDataSettings): ExternalData {
  return new ExternalData({
    ttl,
    now: Date.now,
    send: (provider, keys, client) => {
      if (isAsked) return askProvider(nodeNetwork.http, provider, keys, client);
      const shown = JSON.stringify(provider.name);
      return Promise.reject(new Error(`external data: provider ${shown} is not asked unless --external-data is given`));
    },
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
  });
}
