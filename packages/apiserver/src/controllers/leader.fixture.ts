import { memoryServer } from "../server.fixture.ts";
import { startApiServer } from "../server.ts";
import { openEtcdStore } from "../storage/etcd-store.ts";

// One of several servers on an etcd; says when it answers, and serves until it is killed.
const [url = "", folder = ""] = process.argv.slice(2);
await startApiServer({
  ...memoryServer(folder, (error) => process.stderr.write(`${error}\n`)),
  store: await openEtcdStore({ servers: [url], tls: {} }),
  leaderElection: { leaseSeconds: 3, renewDeadlineSeconds: 2, retrySeconds: 0.5 },
});
process.stdout.write("ready\n");
