import { OneOf, Text, WholeNumber } from '../../http/fields.js';
import { ROLES, type Role } from '../../auth/roles.js';

export class CreateTokenDto {
  @Text({
    max: 100,
    pattern: /^[A-Za-z0-9][A-Za-z0-9_.@-]*$/,
    description: 'Who or what uses it; appears in the audit log.',
  })
  name!: string;

  @OneOf(ROLES)
  role!: Role;

  @WholeNumber({
    min: 1,
    max: 3650,
    optional: true,
    description: 'Days until it stops working; without it, it never does.',
  })
  expires_in_days?: number;
}
