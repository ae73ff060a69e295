import type { ApiToken } from '@meridian/ops-db';
import { Body, Controller, Delete, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Answers, AnswersCreated, AnswersNothing, AnswersPage } from '../http/answers.js';
import { type Change, InChange, SecretInAnswer } from '../http/change.js';
import { Id } from '../http/id.pipe.js';
import { PageQuery } from '../paging/page-query.dto.js';
import type { Listing } from '../paging/listing.js';
import { CreateTokenDto } from './dto/create-token.dto.js';
import { CreatedTokenResponse, TokenResponse } from './token.response.js';
import { TokensService } from './tokens.service.js';

@ApiTags('tokens')
@Controller('tokens')
@Allow('admin')
export class TokensController {
  constructor(private readonly tokens: TokensService) {}

  @Post()
  @SecretInAnswer('token')
  @AnswersCreated(CreatedTokenResponse, 'Make an API token. Its secret is in this answer and nowhere else.')
  async create(@Body() body: CreateTokenDto, @InChange() change: Change): Promise<CreatedTokenResponse> {
    const { token, secret } = await this.tokens.create(change, body);
    return CreatedTokenResponse.with(token, secret);
  }

  @Get()
  @AnswersPage(TokenResponse, 'Tokens: who they are for, what they may do, when they were last used.')
  list(@Query() query: PageQuery): Listing<ApiToken, TokenResponse> {
    return this.tokens.list(query);
  }

  @Get(':id')
  @Answers(TokenResponse, 'One token, without its secret.')
  async show(@Id() id: number): Promise<TokenResponse> {
    return TokenResponse.from(await this.tokens.show(id));
  }

  @Delete(':id')
  @HttpCode(204)
  @AnswersNothing(
    'Revoke a token: it stops working within seconds, everywhere. Revoking twice changes nothing.',
  )
  async revoke(@Id() id: number, @InChange() change: Change): Promise<void> {
    await this.tokens.revoke(change, id);
  }
}
