import type { Server } from "@grpc/grpc-js";

/** Lets calls that are under way come to their end, but for longer than that. */
export async function closed(server: Server, graceMs: number): Promise<void> {
  const timer = setTimeout(() => server.forceShutdown(), graceMs);
  await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  clearTimeout(timer);
}
