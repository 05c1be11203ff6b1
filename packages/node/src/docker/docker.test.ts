import assert from "node:assert/strict";
import { test } from "node:test";
import { type DockerRun, parseDockerRun } from "./command.ts";
import { dockerOfContainer } from "./from-pod.ts";
import { podOfDocker } from "./to-pod.ts";

/** The pod of a command: what is in its spec beside the restart policy, the container without name and image, and the notes. */
function made(command: string) {
  const { pod, notes } = podOfDocker(parseDockerRun(command) as DockerRun);
  const { containers, restartPolicy, ...spec } = pod.spec;
  const { name, image, ...container } = containers[0];
  return { spec, container, notes, restartPolicy, names: [pod.metadata.name, name, image] };
}

const toPod: { readonly [flags: string]: object } = {
  "": {},
  "--user=1001 --cap-add MAC_ADMIN": {
    container: { securityContext: { runAsUser: 1001, capabilities: { add: ["MAC_ADMIN"] } } },
  },
  "-u 1:2 --group-add 3": {
    container: { securityContext: { runAsUser: 1, runAsGroup: 2 } },
    spec: { securityContext: { supplementalGroups: [3] } },
  },
  "--user app": { notes: ["--user app: a pod names users by number; look it up in the image's /etc/passwd"] },
  "--cap-drop=all --cap-add=cap_net_raw,KILL": {
    container: { securityContext: { capabilities: { drop: ["ALL"], add: ["NET_RAW", "KILL"] } } },
  },
  "--privileged --read-only": { container: { securityContext: { privileged: true, readOnlyRootFilesystem: true } } },
  "--security-opt no-new-privileges --security-opt seccomp=unconfined --security-opt apparmor=mine": {
    container: {
      securityContext: {
        allowPrivilegeEscalation: false,
        seccompProfile: { type: "Unconfined" },
        appArmorProfile: { type: "Localhost", localhostProfile: "mine" },
      },
    },
  },
  "--security-opt label=type:t --security-opt label=level:s0": {
    container: { securityContext: { seLinuxOptions: { type: "t", level: "s0" } } },
  },
  "--net=host --pid host --ipc=host": { spec: { hostNetwork: true, hostPID: true, hostIPC: true } },
  "--network mine": { notes: ["--network mine: pods of a cluster share one network"] },
  "-e A=b=c -eD=e --env F": {
    container: {
      env: [
        { name: "A", value: "b=c" },
        { name: "D", value: "e" },
      ],
    },
    notes: ["--env F: its value comes from the caller's environment; give it in the pod"],
  },
  "-p 127.0.0.1:80:8080 -p 53/udp": {
    container: {
      ports: [
        { containerPort: 8080, hostPort: 80, hostIP: "127.0.0.1" },
        { containerPort: 53, protocol: "UDP" },
      ],
    },
  },
  "-v /etc:/x:ro --mount type=tmpfs,target=/t": {
    container: {
      volumeMounts: [
        { name: "volume-1", mountPath: "/x", readOnly: true },
        { name: "volume-2", mountPath: "/t" },
      ],
    },
    spec: {
      volumes: [
        { name: "volume-1", hostPath: { path: "/etc" } },
        { name: "volume-2", emptyDir: { medium: "Memory" } },
      ],
    },
  },
  "-m 512m --cpus 1.5": { container: { resources: { limits: { memory: "512Mi", cpu: "1.5" } } } },
  "--sysctl net.core.somaxconn=1": {
    spec: { securityContext: { sysctls: [{ name: "net.core.somaxconn", value: "1" }] } },
  },
  "-dit --rm --init": { container: { stdin: true, tty: true } },
  "--ulimit nofile=1": {
    notes: ["--ulimit nofile=1: Kubernetes sets no resource limits of this kind; the node's runtime does"],
  },
};

for (const [flags, wanted] of Object.entries(toPod))
  test(`docker run ${flags || "without flags"} as a pod`, () => {
    const { spec, container, notes } = made(`docker run ${flags} ubuntu`);
    assert.deepEqual({ spec, container, notes }, { spec: {}, container: {}, notes: [], ...wanted });
  });

test("arguments, entrypoint, name and restart policy", () => {
  const { container, names, restartPolicy } = made(
    `docker run --name web --entrypoint=/bin/sh --restart on-failure:3 registry.example.com/a/app:1 -c "echo 'a  b'"`,
  );
  assert.deepEqual(container, { command: ["/bin/sh"], args: ["-c", "echo 'a  b'"] });
  assert.deepEqual([names, restartPolicy], [["web", "web", "registry.example.com/a/app:1"], "OnFailure"]);
});

const faults: { readonly [command: string]: string } = {
  "docker ps": "expected: docker run [FLAGS] IMAGE [ARGS]",
  "docker run": "no image is named",
  "docker run -u": "-u needs a value",
  "docker run -Z x": "docker run has no flag -Z",
  "docker run --frobnicate=1 x": "docker run has no flag --frobnicate",
  "docker run 'x": "the quote ' is not closed",
};

for (const [command, fault] of Object.entries(faults))
  test(`${command} is refused`, () => assert.equal(parseDockerRun(command), fault));

test("a pod as docker run, and what cannot be said", () => {
  const container = {
    name: "a",
    image: "x",
    command: ["sh"],
    args: ["-c", "echo hi"],
    livenessProbe: {},
    securityContext: { runAsUser: 5, allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  };
  const spec = {
    containers: [container],
    securityContext: { fsGroup: 7, seccompProfile: { type: "RuntimeDefault" } },
    hostPID: true,
  };
  assert.deepEqual(dockerOfContainer(spec, container), {
    command:
      "docker run --user=5 --group-add=7 --cap-drop=ALL --security-opt=no-new-privileges --pid=host --entrypoint=sh x -c 'echo hi'",
    notes: ["fsGroup: docker does not change who owns a volume", "livenessProbe: kubelet does this; docker does not"],
  });
});

test("the security context of a command survives the way there and back", () => {
  const flags =
    "--user=1:2 --cap-add=KILL --cap-drop=ALL --security-opt=no-new-privileges --security-opt=seccomp=unconfined";
  const command = `docker run ${flags} --read-only x`;
  const { pod } = podOfDocker(parseDockerRun(command) as DockerRun);
  assert.equal(dockerOfContainer(pod.spec, pod.spec.containers[0]).command, command);
});
