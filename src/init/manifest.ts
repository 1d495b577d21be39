import { startOf } from "./dockerfile.ts";
import type { Plan } from "./project.ts";

/**
 * The Kubernetes job, after the example in the place's documents, with placeholders for what only its user knows. Each job
 * writes to a folder of its own: OUTPUT_DIR.
 */
export function manifest(plan: Plan): string {
  const words = startOf(plan).map((word) => `            - ${JSON.stringify(word)}`);
  const gpu = plan.gpu ? "\n              nvidia.com/gpu: 1" : "";
  return `# Fill in what stands in <...>, lint it again, and create it with “kubectl create -f job.yaml”.
apiVersion: batch/v1
kind: Job
metadata:
  generateName: <safe-haven>-<project>-${plan.name}-
  namespace: <safe-haven>-<project>-ns
  labels:
    kueue.x-k8s.io/queue-name: <safe-haven>-<project>-ns-user-queue
spec:
  completions: 1
  backoffLimit: 1
  ttlSecondsAfterFinished: 1800
  template:
    spec:
      activeDeadlineSeconds: 86400
      restartPolicy: Never
      securityContext:
        # Your own number, and that of the project's group: “id” prints both on the desktop.
        runAsUser: <uid>
        runAsGroup: <gid>
        fsGroup: <gid>
      containers:
        - name: job
          image: tre-ghcr-proxy.nsh.loc:<port>/<owner>/${plan.name}:<tag>
          # The words in args are started as they are, once the job's own folder is there.
          command: ["/bin/sh", "-c", "mkdir -p \\"$OUTPUT_DIR\\" && exec \\"$@\\"", "job"]
          args:
${words.join("\n")}
          env:
            - name: JOB_ID
              valueFrom: {fieldRef: {fieldPath: "metadata.labels['job-name']"}}
            - {name: OUTPUT_DIR, value: "/safe_outputs/$(JOB_ID)"}
            - {name: HOME, value: /scratch}
            - {name: TMPDIR, value: /scratch}
            - {name: TMP, value: /scratch}
            - {name: OMP_NUM_THREADS, value: "2"}
          resources:
            requests:
              cpu: 2
              memory: 4Gi
            limits:
              cpu: 2
              memory: 4Gi${gpu}
          volumeMounts:
            - {mountPath: /safe_data, name: shared-data, readOnly: true}
            - {mountPath: /safe_outputs, name: user-output}
            - {mountPath: /scratch, name: scratch}
            - {mountPath: /dev/shm, name: dshm}
      volumes:
        - name: shared-data
          persistentVolumeClaim: {claimName: pvc-<safe-haven>-<project>-shared}
        - name: user-output
          persistentVolumeClaim: {claimName: pvc-<safe-haven>-<project>-users-<user>}
        - {name: scratch, emptyDir: {}}
        - {name: dshm, emptyDir: {medium: Memory}}
`;
}
