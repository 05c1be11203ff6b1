import assert from "node:assert/strict";
import { test } from "node:test";
import { type DockerRun, parseDockerRun } from "./command.ts";
import { dockerOfContainer } from "./from-pod.ts";
import { podOfDocker } from "./to-pod.ts";

/**
 * The pod of a command: what is in its spec beside the restart policy, the container without name, image and docker's own filter of system
 * calls, and the notes.
 */
function made(command: string) {
  const { pod, notes } = podOfDocker(parseDockerRun(command) as DockerRun);
  const { containers, restartPolicy, ...spec } = pod.spec;
  const { name, image, securityContext, ...rest } = containers[0];
  const { seccompProfile, ...context } = securityContext;
  const shown = seccompProfile?.type === "RuntimeDefault" ? context : securityContext;
  const container = Object.keys(shown).length === 0 ? rest : { ...rest, securityContext: shown };
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
  "-p 9000-9001:8000-8001 -p [::1]:53:53/udp --expose 7": {
    container: {
      ports: [
        { containerPort: 8000, hostPort: 9000 },
        { containerPort: 8001, hostPort: 9001 },
        { containerPort: 53, hostPort: 53, hostIP: "::1", protocol: "UDP" },
        { containerPort: 7 },
      ],
    },
  },
  "--network host -p 80:8080": {
    spec: { hostNetwork: true },
    notes: ["--publish: on the node's network nothing is published, the program's ports are the node's"],
  },
  "--privileged --security-opt no-new-privileges": {
    container: { securityContext: { privileged: true } },
    notes: ["--security-opt no-new-privileges: the API takes no such pod with --privileged"],
  },
  "--security-opt apparmor=docker-default": {
    container: { securityContext: { appArmorProfile: { type: "RuntimeDefault" } } },
  },
  "--tmpfs /t:size=64m,mode=1777 --shm-size 1g": {
    container: {
      volumeMounts: [
        { name: "volume-1", mountPath: "/t" },
        { name: "volume-2", mountPath: "/dev/shm" },
      ],
    },
    spec: {
      volumes: [
        { name: "volume-1", emptyDir: { medium: "Memory", sizeLimit: "64Mi" } },
        { name: "volume-2", emptyDir: { medium: "Memory", sizeLimit: "1Gi" } },
      ],
    },
  },
  "-v My_Data:/d -v ./x:/x": {
    container: { volumeMounts: [{ name: "volume-1", mountPath: "/d" }] },
    spec: { volumes: [{ name: "volume-1", persistentVolumeClaim: { claimName: "my-data" } }] },
    notes: [
      "volume My_Data: make a PersistentVolumeClaim my-data",
      "--volume ./x:/x: a pod names folders of its node by whole paths; make a ConfigMap of small files",
    ],
  },
  "--health-cmd 'curl localhost' --health-interval 1m30s --health-timeout 500ms --stop-timeout 5": {
    container: {
      livenessProbe: { exec: { command: ["/bin/sh", "-c", "curl localhost"] }, periodSeconds: 90, timeoutSeconds: 1 },
    },
    spec: { terminationGracePeriodSeconds: 5 },
  },
  "--dns-search x.y --dns-option ndots:2 --add-host=a:::1": {
    spec: {
      dnsConfig: { searches: ["x.y"], options: [{ name: "ndots", value: "2" }] },
      hostAliases: [{ ip: "::1", hostnames: ["a"] }],
    },
  },
  "--memory-reservation 256m --cpu-shares 512": {
    container: { resources: { requests: { memory: "256Mi", cpu: "500m" } } },
  },
  "--gpus all --storage-opt size=1G": {
    notes: [
      "--gpus all: ask for the device plugin's resource: limits: {nvidia.com/gpu: 1}",
      "--storage-opt size=1G: a pod has nothing like it",
    ],
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

const names: { readonly [command: string]: string } = {
  "docker run localhost:5000/a/My_App:1@sha256:abc": "my-app",
  "sudo docker container run --name Web_1 x": "web-1",
  "podman run -- x": "x",
};

for (const [command, name] of Object.entries(names))
  test(`${command}: the pod ${name}`, () => assert.equal(made(command).names[0], name));

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
    restartPolicy: "Never",
  };
  assert.deepEqual(dockerOfContainer(spec, container), {
    command:
      "docker run --user=5 --group-add=7 --cap-drop=ALL --security-opt=no-new-privileges --pid=host --entrypoint=sh x -c 'echo hi'",
    notes: ["fsGroup: docker does not change who owns a volume", "livenessProbe: kubelet does this; docker does not"],
  });
});

/** Flags that come back as they went. */
const roundTrips: readonly string[] = [
  "",
  "--user=1:2 --cap-add=KILL --cap-drop=ALL --security-opt=no-new-privileges --security-opt=seccomp=unconfined --read-only",
  "--privileged",
  "--user=1001 --cap-add=MAC_ADMIN",
  "--network=host --pid=host --hostname=h --add-host=a:1.2.3.4 --dns=8.8.8.8 --dns-search=x.y --dns-option=ndots:2",
  "--publish=127.0.0.1:80:8080 --publish=53:53/udp",
  "--tmpfs=/t:size=64m --shm-size=1g --volume=/etc:/x:ro",
  "--memory=512m --memory-reservation=256m --cpus=1.5 --cpu-shares=512",
  "--interactive --tty --restart=on-failure --stop-timeout=5 --workdir=/w",
  "--group-add=7 --security-opt=apparmor=mine --security-opt=label=type:t --sysctl=net.core.somaxconn=1",
];

for (const flags of roundTrips)
  test(`there and back: docker run ${flags}`, () => {
    const command = ["docker", "run", ...flags.split(" "), "x"].filter((each) => each !== "").join(" ");
    const { pod } = podOfDocker(parseDockerRun(command) as DockerRun);
    assert.equal(dockerOfContainer(pod.spec, pod.spec.containers[0]).command, command);
  });

const unsaid: { readonly [note: string]: object } = {
  "hostUsers: false: docker remaps users for all containers of a daemon (userns-remap)": { hostUsers: false },
  "shareProcessNamespace: join the first container's: --pid=container:NAME": { shareProcessNamespace: true },
  "runtimeClassName gvisor: give docker the RuntimeClass's handler: --runtime": { runtimeClassName: "gvisor" },
};

for (const [note, fields] of Object.entries(unsaid))
  test(`docker cannot say it: ${note}`, () => {
    const container = { name: "a", image: "x" };
    assert.deepEqual(dockerOfContainer({ containers: [container], ...fields }, container).notes, [note]);
  });
