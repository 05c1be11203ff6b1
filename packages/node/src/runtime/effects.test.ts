import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { type Bench, candidates, openBench, outcomeOf } from "./containers.fixture.ts";
import { check, context, effects, none, sets, status, usualHere } from "./effects.fixture.ts";

const bench = openBench();
const on = bench as Bench;
// Before any test: what comes after the last one that is known would be done at once.
const all = await candidates(bench);
after(() => bench?.remove());

/** Files of namespaces that a pod's containers join, as they are made without any process in them. */
async function inNamespaces(
  use: (namespaces: { network: string; uts: string; ipc: string }) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(on.folder, "namespaces-"));
  const files = { network: join(folder, "net"), uts: join(folder, "uts"), ipc: join(folder, "ipc") };
  for (const each of Object.values(files)) writeFileSync(each, "");
  const flags = [`--net=${files.network}`, `--uts=${files.uts}`, `--ipc=${files.ipc}`];
  execFileSync("unshare", [...flags, "hostname", "joined"]);
  try {
    await use(files);
  } finally {
    for (const each of Object.values(files)) execFileSync("umount", [each]);
  }
}

for (const { handler, skip, runtime } of all) {
  const script = "hostname; ls /sys/class/net | grep -v lo; touch /dev/shm/a && echo shared";
  const mapped = { mappings: [{ containerID: 0, hostID: 100_000, size: 65_536 }] };
  for (const [name, more] of [
    ["", {}],
    [" with users of its own", mapped],
  ] as const)
    test(`${handler}: a pod's namespaces are joined${name}`, { skip, timeout: 60_000 }, () =>
      inNamespaces(async (namespaces) => {
        const { stdout } = await on.outcome(runtime, { script, sandbox: { namespaces, hostname: "joined", ...more } });
        assert.equal(stdout, "joined\nshared\n");
      }),
    );

  for (const { name, wanted, otherwise, ...trial } of effects)
    test(`${handler}: ${name}`, { skip, timeout: 60_000 }, async () => {
      check(otherwise?.[handler] ?? wanted, await on.outcome(runtime, trial));
    });

  test(`${handler}: what is mounted in a volume passes on, each way that the pod asks for`, {
    skip: skip || (handler === "runsc" && "gVisor keeps its mounts"),
    timeout: 60_000,
  }, async () => {
    const [above, volume] = [join(on.folder, `${handler}-volume`), join(on.folder, `${handler}-volume/v`)];
    mkdirSync(above);
    execFileSync("mount", ["-t", "tmpfs", "none", above]);
    try {
      execFileSync("mount", ["--make-shared", above]);
      for (const each of ["v", "v/in", "v/out"]) mkdirSync(join(above, each));
      const mount = (option: string) => [
        { destination: "/data", type: "bind", source: volume, options: ["rbind", option, "rw"] },
      ];
      const script =
        "mount -t tmpfs none /data/out && touch /data/out/mine; until [ -e /data/in/go ]; do sleep 0.05; done";
      for (const [option, passesOut] of [
        ["rshared", true],
        ["rslave", false],
      ] as const) {
        const trial = { script, mounts: mount(option), ...context({ privileged: true }) };
        const { id, process } = await on.start(runtime, trial);
        execFileSync("mount", ["-t", "tmpfs", "none", join(volume, "in")]);
        writeFileSync(join(volume, "in/go"), "");
        assert.equal((await outcomeOf(process)).code, 0);
        assert.equal(existsSync(join(volume, "out/mine")), passesOut);
        await runtime.delete(id);
        execFileSync("umount", [join(volume, "in")]);
        if (passesOut) execFileSync("umount", [join(volume, "out")]);
      }
    } finally {
      execFileSync("umount", ["--recursive", above]);
    }
  });

  // crun and runsc would run it as root, with all that the container may have.
  test(`${handler}: a process that exec starts is the container's user, and has no more than the container`, {
    skip,
    timeout: 60_000,
  }, async () => {
    const { id, spec } = await on.start(runtime, {
      script: "sleep 100",
      user: { uid: 1000, gid: 1000, additionalGids: [50] },
      ...context({ allowPrivilegeEscalation: false, seccompProfile: { type: "RuntimeDefault" } }),
    });
    const script = `whoami; id -G; ${status}; unshare -U true; chown 5 /bin`;
    const args = ["sh", "-c", script];
    const outcome = await outcomeOf(await runtime.exec(id, { ...spec.process, args }, { stdin: false, tty: false }));
    assert.match(outcome.stdout, /^app\n1000 50\n/);
    assert.match(outcome.stdout, sets(none, none, none, usualHere));
    assert.match(outcome.stderr, /chown: .*Operation not permitted\n$/);
    if (handler === "runsc") return;
    assert.match(outcome.stdout, /NoNewPrivs:\s1\nSeccomp:\s2\n/);
    assert.match(outcome.stderr, /unshare.*Operation not permitted/);
  });
}
