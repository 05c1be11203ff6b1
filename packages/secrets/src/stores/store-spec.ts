import type { LabelSelectorObject } from "@sallyport/kube";
import type { CaProvider, SecretKeyRef, ServiceAccountRef } from "./store-context.ts";

export interface VaultSpec {
  readonly server: string;
  /** Where the engine is mounted. */
  readonly path?: string;
  readonly version?: "v1" | "v2";
  readonly namespace?: string;
  /** PEM in Base64. */
  readonly caBundle?: string;
  readonly caProvider?: CaProvider;
  readonly auth?: {
    readonly tokenSecretRef?: SecretKeyRef;
    readonly kubernetes?: {
      readonly mountPath?: string;
      readonly role: string;
      readonly serviceAccountRef?: ServiceAccountRef;
      readonly secretRef?: SecretKeyRef;
    };
    readonly appRole?: {
      readonly path?: string;
      readonly roleId?: string;
      readonly roleRef?: SecretKeyRef;
      readonly secretRef: SecretKeyRef;
    };
    readonly jwt?: {
      readonly path?: string;
      readonly role?: string;
      readonly secretRef?: SecretKeyRef;
      readonly kubernetesServiceAccountToken?: { readonly serviceAccountRef: ServiceAccountRef };
    };
  };
}

export interface AwsSpec {
  readonly service: string;
  readonly region: string;
  readonly role?: string;
  readonly auth?: {
    readonly secretRef?: {
      readonly accessKeyIDSecretRef?: SecretKeyRef;
      readonly secretAccessKeySecretRef?: SecretKeyRef;
      readonly sessionTokenSecretRef?: SecretKeyRef;
    };
    readonly jwt?: { readonly serviceAccountRef?: ServiceAccountRef };
  };
}

export interface AzureSpec {
  readonly vaultUrl: string;
  readonly tenantId?: string;
  readonly authType?: "ServicePrincipal" | "ManagedIdentity" | "WorkloadIdentity";
  readonly identityId?: string;
  readonly authSecretRef?: {
    readonly clientId?: SecretKeyRef;
    readonly clientSecret?: SecretKeyRef;
    readonly tenantId?: SecretKeyRef;
  };
  readonly serviceAccountRef?: ServiceAccountRef;
}

export interface KubernetesSpec {
  readonly server?: { readonly url?: string; readonly caBundle?: string; readonly caProvider?: CaProvider };
  readonly remoteNamespace?: string;
  readonly auth?: {
    readonly token?: { readonly bearerToken?: SecretKeyRef };
    readonly serviceAccount?: ServiceAccountRef;
    readonly cert?: { readonly clientCert?: SecretKeyRef; readonly clientKey?: SecretKeyRef };
  };
}

export interface FakeSpec {
  readonly data?: readonly { readonly key: string; readonly value?: string; readonly version?: string }[];
}

/** A folder below the one that the program was given for it; this provider is Sallyport's own. */
export interface FileSpec {
  readonly folder: string;
}

/** How a SecretStore says where it lies: one of these, by External Secrets' names. */
export interface ProviderSpec {
  readonly vault?: VaultSpec;
  readonly aws?: AwsSpec;
  readonly azurekv?: AzureSpec;
  readonly kubernetes?: KubernetesSpec;
  readonly fake?: FakeSpec;
  readonly file?: FileSpec;
}

/** external-secrets.io/v1 SecretStore and ClusterSecretStore. https://external-secrets.io/latest/api/secretstore/ */
export interface StoreSpec {
  /** Which controller has it; ours where none is named. */
  readonly controller?: string;
  readonly provider: ProviderSpec;
  /** Namespaces that may use a store of the whole cluster: those of any of these. */
  readonly conditions?: readonly {
    readonly namespaces?: readonly string[];
    readonly namespaceRegexes?: readonly string[];
    readonly namespaceSelector?: LabelSelectorObject;
  }[];
}
