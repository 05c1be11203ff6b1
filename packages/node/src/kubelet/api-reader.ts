import type { Client } from "@sallyport/cluster";
import { StatusError } from "@sallyport/kube";
import type { RegistryCredential } from "../image/image.ts";
import { credentialsOfSecrets } from "../image/pull-secrets.ts";
import type {
  ConfigMap,
  PersistentVolume,
  PersistentVolumeClaim,
  PodReader,
  Secret,
  Token,
  TokenRequest,
} from "../volumes/pod-reader.ts";
import type { Pod } from "./pod.ts";

/** Reads what pods name, as the node, which may read what its pods name and nothing else. */
export class ApiReader implements PodReader {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  readonly configMap = (namespace: string, name: string): Promise<ConfigMap | undefined> =>
    this.#get<ConfigMap>(inNamespace(namespace, "configmaps", name));

  readonly secret = (namespace: string, name: string): Promise<Secret | undefined> =>
    this.#get<Secret>(inNamespace(namespace, "secrets", name));

  readonly claim = (namespace: string, name: string): Promise<PersistentVolumeClaim | undefined> =>
    this.#get<PersistentVolumeClaim>(inNamespace(namespace, "persistentvolumeclaims", name));

  readonly persistentVolume = (name: string): Promise<PersistentVolume | undefined> =>
    this.#get<PersistentVolume>(`/api/v1/persistentvolumes/${encodeURIComponent(name)}`);

  readonly createToken = async (request: TokenRequest): Promise<Token> => {
    const { namespace, serviceAccount, pod, audiences, expirationSeconds } = request;
    const spec = { audiences, expirationSeconds, boundObjectRef: { apiVersion: "v1", kind: "Pod", ...pod } };
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec };
    const path = `${inNamespace(namespace, "serviceaccounts", serviceAccount)}/token`;
    const { status } = (await this.#client.ask(path, { method: "POST", body })) as { readonly status: Token };
    return status;
  };

  /** Of the Secrets that a pod names for its images. What is not there, or is no such Secret, is left out, as kubelets do. */
  async credentials({ metadata, spec }: Pod): Promise<readonly RegistryCredential[]> {
    const { namespace = "" } = metadata;
    const secrets = await Promise.all((spec.imagePullSecrets ?? []).map(({ name }) => this.secret(namespace, name)));
    return credentialsOfSecrets(secrets.filter((secret) => secret !== undefined));
  }

  async #get<Found>(path: string): Promise<Found | undefined> {
    try {
      return (await this.#client.ask(path)) as Found;
    } catch (error) {
      if (error instanceof StatusError && [403, 404].includes(error.status.code ?? 0)) return undefined;
      throw error;
    }
  }
}

function inNamespace(namespace: string, resource: string, name: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/${resource}/${encodeURIComponent(name)}`;
}
