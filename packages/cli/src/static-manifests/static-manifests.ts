import { watch } from "node:fs";
import type { StaticConfigurations, WebhookCredentials } from "@sallyport/admission";
import { findResource, type KubeObject } from "@sallyport/kube";
import { type FolderContent, loadFolder } from "./load-folder.ts";

/** How often folders are looked at where the system tells nothing of changes: as kube-apiserver does. */
const pollMs = 60_000;

/** A file that is being written is read when it has been still for so long. */
const stillMs = 100;

interface Folder {
  readonly plugin: string;
  readonly path: string;
  content: FolderContent;
}

/**
 * Webhooks and policies from files: `staticManifestsDir` of an AdmissionConfiguration. A folder is in force as a whole or, while something
 * is wrong with it, as it was before. KEP-5793.
 * https://kubernetes.io/docs/reference/access-authn-authz/manifest-admission-control/
 */
export class StaticManifests implements StaticConfigurations {
  readonly #folders: Folder[] = [];
  readonly #credentials = new Map<string, (server: string) => WebhookCredentials>();

  /** Throws `InputError`. */
  add(plugin: string, path: string): void {
    this.#folders.push({ plugin, path, content: loadFolder(plugin, path) });
  }

  /** What a plugin shows to webhooks: `kubeConfigFile`. */
  show(plugin: string, credentials: (server: string) => WebhookCredentials): void {
    this.#credentials.set(plugin, credentials);
  }

  credentialsFor(plugin: string, server: string): WebhookCredentials {
    return this.#credentials.get(plugin)?.(server) ?? {};
  }

  list(resource: string): readonly KubeObject[] {
    if (this.#folders.length === 0) return [];
    const kind = findResource("admissionregistration.k8s.io", "v1", resource)?.kind ?? "";
    return this.#folders.flatMap(({ content }) => content.objects.get(kind) ?? []);
  }

  /** Reads folders again when they change, and says what came of it. Answers how to stop. */
  follow(say: (text: string) => void): () => void {
    const stops = this.#folders.map((folder) => followFolder(folder.path, () => reload(folder, say)));
    return () => {
      for (const stop of stops) stop();
    };
  }
}

function reload(folder: Folder, say: (text: string) => void): void {
  const { plugin, path } = folder;
  try {
    const content = loadFolder(plugin, path);
    if (content.hash === folder.content.hash) return;
    folder.content = content;
    say(`${plugin}: ${path} was read again`);
  } catch (error) {
    say(`${(error as Error).message}; what was in force stays`);
  }
}

function followFolder(path: string, changed: () => void): () => void {
  let soon: NodeJS.Timeout | undefined;
  const watcher = watch(path, () => {
    clearTimeout(soon);
    soon = setTimeout(changed, stillMs);
  });
  // A folder that is gone is missed by the next look.
  watcher.on("error", () => watcher.close());
  const poll = setInterval(changed, pollMs);
  poll.unref();
  return () => {
    watcher.close();
    clearTimeout(soon);
    clearInterval(poll);
  };
}
