import { use } from 'react';
import { NativeSelect } from '@mantine/core';
import { IssuerContext } from './clients';
import type { LocalUser } from '../../config/config';

interface Props {
  readonly label: string;
  /** Empty: a visitor, with the API key. */
  readonly user: string;
  readonly onUser: (user: string) => void;
}

/** Who uses the page: a visitor, or one of the local issuer's users. Nothing where there is no issuer. */
export function SignIn({ label, user, onUser }: Props) {
  const issuer = use(IssuerContext);
  if (issuer === null) return null;
  const users = issuer.users.map((each) => ({ value: each.name, label: described(each) }));
  return (
    <NativeSelect
      label={label}
      data={[{ value: '', label: 'Visitor (API key)' }, ...users]}
      value={issuer.users.some(({ name }) => name === user) ? user : ''}
      onChange={(event) => {
        onUser(event.currentTarget.value);
      }}
    />
  );
}

function described({ groups, name }: LocalUser): string {
  return groups.length === 0 ? name : `${name} (${groups.join(', ')})`;
}
