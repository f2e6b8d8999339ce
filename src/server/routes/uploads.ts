import { type Digest, isDigest, isRepositoryPath } from '../../oci/index.ts';
import { problem } from '../problem.ts';
import type { UploadSession } from '../storage/types.ts';
import type { ApiRequest, ApiResponse } from '../types.ts';
import type { Call as AnyCall, WriteContext, WriteHandler } from './context.ts';
import type { Target } from './match.ts';
import { readChunkRange } from './range.ts';

type Call = AnyCall<WriteContext>;
type UploadsTarget = Extract<Target, { route: 'uploads' }>;
type UploadTarget = Extract<Target, { route: 'upload' }>;

/**
 * `POST /v2/<name>/blobs/uploads/`: with `mount` takes a blob over from another repository, with `digest` the body is the blob,
 * otherwise an upload begins. A mount that cannot be done begins an upload too (distribution-spec v1.1 "Mounting a blob").
 */
export const postUpload: WriteHandler<UploadsTarget> = async (call, { name }) => {
  const { query } = call.request;
  const mount = query.get('mount');
  if (mount !== null) {
    if (!isDigest(mount)) return badDigest(mount);
    if (await mounted(call, name, mount)) return created(name, mount);
    return await begun(call, name);
  }
  const digest = query.get('digest');
  if (digest === null) return await begun(call, name);
  if (!isDigest(digest)) return badDigest(digest);
  const session = await begin(call, name);
  if (!isSession(session)) return session;
  try {
    return await receive(call, session, name, digest);
  } catch (cause) {
    // The client was never told of this upload and cannot continue it.
    await session.cancel();
    throw cause;
  }
};

/** `GET …/blobs/uploads/<id>`: how much has come. */
export const getUpload: WriteHandler<UploadTarget> = async ({ context }, { name, id }) => {
  const session = await context.storage.repository(name).upload(id);
  return session === undefined ? unknownUpload(id) : { status: 204, headers: uploadHeaders(name, session) };
};

/** `PATCH …/blobs/uploads/<id>`: the next chunk, or a stream of unknown length. */
export const patchUpload: WriteHandler<UploadTarget> = async (call, { name, id }) => {
  const session = await call.context.storage.repository(name).upload(id);
  if (session === undefined) return unknownUpload(id);
  return await receive(call, session, name, undefined);
};

/** `PUT …/blobs/uploads/<id>?digest=`: the last bytes, which may be all or none, and the end of the upload. */
export const putUpload: WriteHandler<UploadTarget> = async (call, { name, id }) => {
  const digest = call.request.query.get('digest');
  if (digest === null || !isDigest(digest)) return badDigest(digest);
  const session = await call.context.storage.repository(name).upload(id);
  if (session === undefined) return unknownUpload(id);
  return await receive(call, session, name, digest);
};

/** `DELETE …/blobs/uploads/<id>`: the client gives up. */
export const deleteUpload: WriteHandler<UploadTarget> = async ({ context }, { name, id }) => {
  const session = await context.storage.repository(name).upload(id);
  if (session === undefined) return unknownUpload(id);
  if (!(await session.acquire(BUSY_MS))) return busy(name, session);
  await session.cancel();
  return { status: 204, headers: {} };
};

async function begun(call: Call, name: string): Promise<ApiResponse> {
  const session = await begin(call, name);
  return isSession(session) ? { status: 202, headers: uploadHeaders(name, session) } : session;
}

async function begin({ context }: Call, name: string): Promise<UploadSession | ApiResponse> {
  const { storage, maxOpenUploads } = context;
  // Uploads that nobody continues give their places up to those who come.
  if (storage.openUploads >= maxOpenUploads) await storage.sweep();
  if (storage.openUploads >= maxOpenUploads)
    return problem('TOOMANYREQUESTS', `${maxOpenUploads} uploads are open already`, {
      headers: { 'retry-after': '5' },
    });
  return await storage.repository(name).startUpload();
}

async function mounted({ context, access, request }: Call, name: string, digest: Digest): Promise<boolean> {
  const { storage } = context;
  const repository = storage.repository(name);
  if ((await repository.blobSize(digest)) !== undefined) return true;
  const from = request.query.get('from');
  // Without `from` every repository that the client may read counts; nobody learns what others hold.
  const candidates = from === null ? await storage.repositories() : isRepositoryPath(from) ? [from] : [];
  for (const candidate of candidates) {
    if (!access.couldMay({ kind: 'repository', name: candidate, action: 'pull' })) continue;
    if ((await storage.repository(candidate).blobSize(digest)) !== undefined)
      return await repository.linkBlob(digest);
  }
  return false;
}

/** Takes the body of a request into an upload and ends it when `digest` is given. */
async function receive(
  call: Call,
  session: UploadSession,
  name: string,
  digest: Digest | undefined,
): Promise<ApiResponse> {
  if (!(await session.acquire(BUSY_MS))) return busy(name, session);
  try {
    const refused = checkRange(call.request, session, name);
    if (refused !== undefined) return refused;
    const { maxBlobBytes } = call.context;
    // Before the body is asked for.
    if (session.offset + Number(call.request.headers['content-length'] ?? 0) > maxBlobBytes)
      return await tooLarge(session, maxBlobBytes);
    for await (const chunk of call.request.body) {
      if (session.offset + chunk.length > maxBlobBytes) return await tooLarge(session, maxBlobBytes);
      await session.append(chunk);
    }
    if (digest === undefined) return { status: 202, headers: uploadHeaders(name, session) };
    await session.finish(digest);
    return created(name, digest);
  } finally {
    await session.release();
  }
}

async function tooLarge(session: UploadSession, limit: number): Promise<ApiResponse> {
  await session.cancel();
  return problem('SIZE_INVALID', `a blob may have ${limit} bytes here`, { status: 413 });
}

function checkRange(request: ApiRequest, session: UploadSession, name: string): ApiResponse | undefined {
  const header = request.headers['content-range'];
  if (header === undefined) return undefined;
  const range = readChunkRange(header);
  const headers = uploadHeaders(name, session);
  if (range === undefined)
    return problem('BLOB_UPLOAD_INVALID', 'Content-Range is not START-END', {
      headers,
      detail: { range: header },
    });
  if (range.start !== session.offset)
    return problem('BLOB_UPLOAD_INVALID', `the next byte is number ${session.offset}`, {
      status: 416,
      headers,
    });
  const length = request.headers['content-length'];
  if (length !== undefined && Number(length) !== range.end - range.start + 1)
    return problem('SIZE_INVALID', 'Content-Length and Content-Range differ', { headers });
  return undefined;
}

function created(name: string, digest: Digest): ApiResponse {
  return {
    status: 201,
    headers: { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest },
  };
}

function uploadHeaders(name: string, session: UploadSession): Record<string, string> {
  return {
    location: `/v2/${name}/blobs/uploads/${session.id}`,
    // The specification has no form for “nothing yet”; 0-0 is what the other registries say.
    range: `0-${Math.max(0, session.offset - 1)}`,
    'docker-upload-uuid': session.id,
  };
}

function badDigest(digest: string | null): ApiResponse {
  return problem('DIGEST_INVALID', 'this is not a sha256 or sha512 digest', { detail: { digest } });
}

function unknownUpload(id: string): ApiResponse {
  return problem('BLOB_UPLOAD_UNKNOWN', 'there is no such upload; it may have ended or expired', {
    detail: { id },
  });
}

/** A client whose connection broke is often back before we have noticed; after this long it is told to ask again. */
const BUSY_MS = 2000;

function busy(name: string, session: UploadSession): ApiResponse {
  return problem('BLOB_UPLOAD_INVALID', 'another request is writing to this upload', {
    status: 409,
    headers: { ...uploadHeaders(name, session), 'retry-after': '1' },
  });
}

function isSession(value: UploadSession | ApiResponse): value is UploadSession {
  return 'acquire' in value;
}
