import { describe, expect, it } from 'vitest';
import { conflictsOf, failureOf } from './failure.ts';
import { readStatus } from './status.ts';

const status = (code: number, reason: string, message: string, causes: object[] = []) =>
  readStatus(
    code,
    Buffer.from(JSON.stringify({ kind: 'Status', code, reason, message, details: { causes } })),
  );
const attempt = { verb: 'apply', subject: 'Deployment a/b' };

/** Messages as Kubernetes 1.34 sends them. */
describe('failures of the API server', () => {
  it.each([
    [
      403,
      'Forbidden',
      'deployments.apps "b" is forbidden: User "eve" cannot patch resource "deployments" in API group "apps" in the namespace "a"',
      'CLUSTER_FORBIDDEN',
      'kubectl auth can-i patch deployments.apps -n a',
    ],
    [
      403,
      'Forbidden',
      'namespaces is forbidden: User "eve" cannot list resource "namespaces" in API group "" at the cluster scope',
      'CLUSTER_FORBIDDEN',
      'kubectl auth can-i list namespaces',
    ],
    [
      403,
      'Forbidden',
      'configmaps "x" is forbidden: unable to create new content in namespace a because it is being terminated',
      'NAMESPACE_TERMINATING',
      'kubectl get namespace a',
    ],
    [
      403,
      'Forbidden',
      'pods "x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
      'CLUSTER_QUOTA_EXCEEDED',
      'quota',
    ],
    [
      403,
      'Forbidden',
      'pods "x" is forbidden: violates PodSecurity "restricted:latest": privileged',
      'ADMISSION_DENIED',
      'rule',
    ],
    [400, 'BadRequest', 'admission webhook "w.x" denied the request: no', 'ADMISSION_DENIED', 'rule'],
    [
      422,
      'Invalid',
      "deployments.apps \"b\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: image",
      'ADMISSION_DENIED',
      'rule',
    ],
    [
      500,
      'InternalError',
      'Internal error occurred: failed calling webhook "w.x": failed to call webhook: Post "https://s.a.svc:443/": dial tcp 10.0.0.1:443: connect: connection refused',
      'WEBHOOK_DOWN',
      'kubectl -n a get endpointslices,pods',
    ],
    [
      500,
      'InternalError',
      'conversion webhook for org.eclipse.che/v2, Kind=CheCluster failed: Post "https://…": no endpoints',
      'WEBHOOK_DOWN',
      'webhook',
    ],
    [
      413,
      'RequestEntityTooLarge',
      'Request entity too large: limit is 3145728',
      'OBJECT_TOO_LARGE',
      'smaller',
    ],
    [
      403,
      'Forbidden',
      'forbidden: User "system:anonymous" cannot get path "/api/v1"',
      'CLUSTER_UNAUTHORIZED',
      'token',
    ],
    [
      500,
      '',
      'rpc error: code = ResourceExhausted desc = trying to send message larger than max (2202424 vs. 2097152)',
      'OBJECT_TOO_LARGE',
      'smaller',
    ],
    [500, '', 'etcdserver: request is too large', 'OBJECT_TOO_LARGE', 'smaller'],
    [404, 'NotFound', 'namespaces "a" not found', 'OBJECT_NOT_FOUND', 'namespace'],
    [409, 'AlreadyExists', 'configmaps "x" already exists', 'OBJECT_CONFLICT', 'again'],
    [
      409,
      'Conflict',
      'Operation cannot be fulfilled on configmaps "x": the object has been modified',
      'OBJECT_CONFLICT',
      'again',
    ],
    [
      422,
      'Invalid',
      'Deployment.apps "b" is invalid: spec.selector: Invalid value',
      'OBJECT_INVALID',
      'field',
    ],
    [504, 'Timeout', 'request did not complete within requested timeout', 'CLUSTER_REFUSED', 'said'],
  ])('%s %s %s', (code, reason, message, expected, hint) => {
    const error = failureOf(status(code, reason, message), attempt);
    expect(error.code).toBe(expected);
    expect(error.subject).toBe('Deployment a/b');
    expect(error.hint).toContain(hint);
  });

  it('names the other field managers and their fields', () => {
    const conflict = status(409, 'Conflict', 'Apply failed with 2 conflicts', [
      {
        reason: 'FieldManagerConflict',
        message: 'conflict with "kubectl-edit" using apps/v1',
        field: '.spec.replicas',
      },
      { reason: 'FieldManagerConflict', message: 'conflict with "helm"', field: '.metadata.labels.a' },
    ]);
    const error = failureOf(conflict, attempt);
    expect(error).toMatchObject({
      code: 'FIELD_CONFLICT',
      facts: { managers: 'kubectl-edit, helm', conflicts: expect.stringContaining('.metadata.labels.a') },
    });
    expect(error.message).toContain('.spec.replicas (kubectl-edit)');
    expect(conflictsOf(conflict)).toHaveLength(2);
  });

  it('shows a page that is no Status', () => {
    const error = failureOf(readStatus(502, Buffer.from('<html>Bad gateway</html>')), attempt);
    expect(error).toMatchObject({ code: 'CLUSTER_REFUSED', message: expect.stringContaining('Bad gateway') });
  });
});
