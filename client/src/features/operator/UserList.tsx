import { useState } from 'react';
import { Badge, Button } from '@mantine/core';
import { operator } from './api';
import type { KnownUser, UserRules } from './api';
import { summary } from './outcome';
import type { Report } from './outcome';
import classes from './Operator.module.css';

/** Who is blocked, and who was granted what. Grants in users' tokens are not known here. */
export function UserList({ report }: { readonly report: Report }) {
  const [users, setUsers] = useState<readonly KnownUser[]>([]);
  const look = async (): Promise<string> => {
    const answer = await operator.users();
    setUsers(answer.users);
    const count = answer.users.length === 1 ? '1 user' : `${answer.users.length} users`;
    return summary(`${count} with a block or a grant.`, answer.errors);
  };
  return (
    <section className={classes.card} aria-labelledby="users">
      <h2 id="users">Users</h2>
      <Button variant="default" onClick={() => void report(look)}>
        Show the users
      </Button>
      {users.length > 0 && (
        <table className={classes.table}>
          <caption className="hidden">Users who are blocked or have a grant</caption>
          <thead>
            <tr>
              <th scope="col">User</th>
              <th scope="col">Access</th>
              <th scope="col">Grants</th>
              <th scope="col">Reason</th>
            </tr>
          </thead>
          <tbody>
            {users.map((user) => (
              <UserRow key={user.user} user={user} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function UserRow({ user }: { readonly user: KnownUser }) {
  const { blocked, grants, reason } = latest(Object.values(user.regions));
  return (
    <tr>
      <th scope="row">
        <bdi>{user.user}</bdi>
      </th>
      <td>
        <Badge variant="light" color={blocked ? 'red' : 'teal'}>
          {blocked ? 'blocked' : 'not blocked'}
        </Badge>
        {!user.agreed && (
          <Badge variant="light" color="orange">
            regions differ
          </Badge>
        )}
      </td>
      <td>
        {Object.entries(grants).map(([pattern, operations]) => (
          <div key={pattern}>
            <bdi>{pattern}</bdi> {operations.join(', ')}
          </div>
        ))}
      </td>
      <td>
        <bdi>{reason ?? ''}</bdi>
      </td>
    </tr>
  );
}

/** What was decided last, of what the regions have. */
function latest(rules: readonly UserRules[]): UserRules {
  return rules.reduce((one, other) =>
    (other.updatedAt ?? '') > (one.updatedAt ?? '') ? other : one,
  );
}
