import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";
import type { Value } from "@sallyport/rego";
import type { Dispatcher } from "undici";
import { fieldOf, PluginConfigError, stringAt } from "../config-fields.ts";
import type { ClientCertificate, Environment } from "./credentials.ts";

/** OPA's lowest version. https://www.openpolicyagent.org/docs/configuration#server */
const minVersion = "TLSv1.2";

/** What a service's certificate is held against, read once. */
export interface Trust {
  readonly ca?: string[];
  readonly rejectUnauthorized: boolean;
}

/** `tls` and `allow_insecure_tls` of a service; `older` is where `ca_cert` stood before. Throws `PluginConfigError`. */
export function trustOf(config: Value, older?: Value): Trust {
  const tls = [fieldOf(config, "tls"), older].find((each) => (stringAt(each ?? {}, "ca_cert") ?? "") !== "") ?? {};
  const file = stringAt(tls, "ca_cert") ?? "";
  const rejectUnauthorized = fieldOf(config, "allow_insecure_tls") !== true;
  if (file === "") return { rejectUnauthorized };
  const own = readCertificates(file);
  const isBeside = fieldOf(tls, "system_ca_required") === true;
  return { ca: isBeside ? [own, ...rootCertificates] : [own], rejectUnauthorized };
}

function readCertificates(file: string): string {
  try {
    const text = readFileSync(file, "utf8");
    if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  } catch (error) {
    throw new PluginConfigError(`tls.ca_cert: ${(error as Error).message}`);
  }
  throw new PluginConfigError(`tls.ca_cert: no certificate in ${file}`);
}

/** Connections of one service: kept open, through the proxy that the environment names, with a certificate where the service asks for one. */
export class Transport {
  readonly #trust: Trust;
  readonly #environment: Environment;
  readonly #certificate: (() => ClientCertificate) | undefined;
  #shown = "";
  #dispatcher: Promise<Dispatcher> | undefined;

  constructor(trust: Trust, environment: Environment, certificate?: () => ClientCertificate) {
    this.#trust = trust;
    this.#environment = environment;
    this.#certificate = certificate;
  }

  /** As it is now: a certificate that was renewed is shown by connections that are opened from then on. Rejects when it cannot be read. */
  async dispatcher(): Promise<Dispatcher> {
    const certificate = this.#certificate?.() ?? {};
    const shown = JSON.stringify(certificate);
    if (this.#dispatcher === undefined || shown !== this.#shown) {
      void this.#dispatcher?.then((before) => before.close());
      this.#shown = shown;
      this.#dispatcher = open({ ...this.#trust, ...certificate, minVersion }, this.#environment);
    }
    return this.#dispatcher;
  }
}

/** Loaded with the first request: most starts need none. */
async function open(
  connect: Trust & ClientCertificate & { readonly minVersion: typeof minVersion },
  environment: Environment,
): Promise<Dispatcher> {
  const { Agent, EnvHttpProxyAgent } = await import("undici");
  const proxyOf = (name: string) => environment[name.toLowerCase()] || environment[name];
  const [httpProxy, httpsProxy] = [proxyOf("HTTP_PROXY"), proxyOf("HTTPS_PROXY")];
  if (!httpProxy && !httpsProxy) return new Agent({ connect });
  return new EnvHttpProxyAgent({
    connect,
    requestTls: connect,
    noProxy: proxyOf("NO_PROXY") ?? "",
    ...(httpProxy && { httpProxy }),
    ...(httpsProxy && { httpsProxy }),
  });
}
