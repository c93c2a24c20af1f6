/** The keys that blobs are sealed under. */
import { type SealingKey, SealingKey_State } from '../../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import { momentText } from './moment.ts';

const WORDS: Readonly<Record<SealingKey_State, string>> = {
  [SealingKey_State.UNSPECIFIED]: 'unknown: this page is older than the server',
  [SealingKey_State.STAGED]: 'opens blobs, and does not seal yet',
  [SealingKey_State.SEALING]: 'seals',
  [SealingKey_State.OPENING]: 'opens blobs, and no longer seals',
  [SealingKey_State.RETIRED]: 'retired: its blobs do not open',
};

export function SealingKeys({ sealingKeys }: { readonly sealingKeys: readonly SealingKey[] }) {
  return (
    <section class="card" aria-labelledby="sealing-keys">
      <h2 id="sealing-keys">Sealing keys</h2>
      <ul class="rows">
        {sealingKeys.map(({ id, state, createTime, sealFromTime }) => (
          <li key={id}>
            <code>{id}</code> <strong>{WORDS[state] ?? WORDS[SealingKey_State.UNSPECIFIED]}</strong>
            <p class="quiet">
              Made {createTime && momentText(createTime)}, seals from {sealFromTime && momentText(sealFromTime)}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
