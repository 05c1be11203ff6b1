import { type KubeObject, StatusError } from "@sallyport/kube";

/** How many names are drawn, as kube-apiserver draws them. KEP-4420. */
const maxNames = 8;

/** Makes an object anew while the name that was drawn for it is somebody else's. An object with a name of its own is made once. */
export async function withDrawnName<T>({ metadata }: KubeObject, make: () => Promise<T>): Promise<T> {
  const isDrawn = !metadata.name && Boolean(metadata.generateName);
  for (let count = 1; ; count++) {
    try {
      return await make();
    } catch (error) {
      const isTaken = error instanceof StatusError && error.status.reason === "AlreadyExists";
      if (!isTaken || !isDrawn || count >= maxNames) throw error;
    }
  }
}
