import { Controller, Get, Param, ParseIntPipe, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { Allow } from '../auth/allow.decorator.js';
import { Answers, AnswersPage } from '../http/answers.js';
import { DescribesQuery, DimsQueryPipe, RawQuery, type QueryWithDims } from '../paging/dims-query.js';
import type { Listing } from '../paging/listing.js';
import { ProductsQueryDto } from './dto/products.dto.js';
import { PreviewsService } from './previews.service.js';
import { ProductDetailResponse, ProductResponse } from './product.response.js';
import { ProductsService } from './products.service.js';
import { matchesTag, sendProduct } from './send-product.js';

@ApiTags('products')
@Controller('products')
@Allow('viewer', 'service')
export class ProductsController {
  constructor(
    private readonly products: ProductsService,
    private readonly previews: PreviewsService,
  ) {}

  @Get()
  @DescribesQuery(ProductsQueryDto)
  @AnswersPage(ProductResponse, 'Data products, newest first; current ones unless current=false.')
  list(
    @RawQuery(new DimsQueryPipe(ProductsQueryDto)) query: QueryWithDims<ProductsQueryDto>,
  ): Listing<unknown, ProductResponse> {
    return this.products.list(query);
  }

  @Get(':id')
  @Answers(ProductDetailResponse, 'One product, and where its copies are.')
  async show(@Param('id', ParseIntPipe) id: number): Promise<ProductDetailResponse> {
    const product = await this.products.show(id);
    return ProductDetailResponse.with(product, await this.products.copies(id));
  }

  @Get(':id/content')
  @ApiOperation({ summary: 'The bytes of a product; the ETag is its sha256.' })
  @ApiHeader({
    name: 'Range',
    required: false,
    description: 'One range of bytes: the answer is 206 with that part.',
  })
  @ApiOkResponse({
    content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
  })
  async content(
    @Param('id', ParseIntPipe) id: number,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const product = await this.products.show(id);
    await sendProduct(product, await this.products.open(product), request, response);
  }

  @Get(':id/preview')
  @ApiOperation({ summary: 'A small picture of a product, PNG; the ETag is its sha256.' })
  @ApiOkResponse({ content: { 'image/png': { schema: { type: 'string', format: 'binary' } } } })
  async preview(
    @Param('id', ParseIntPipe) id: number,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const { sha256, png } = await this.previews.show(id);
    const tag = `"${sha256}"`;
    // Shown, not downloaded: it is never taken for anything but a picture.
    response.set({
      ETag: tag,
      'Cache-Control': 'private, no-cache',
      'Content-Type': 'image/png',
      'X-Content-Type-Options': 'nosniff',
    });
    if (matchesTag(request.header('if-none-match'), tag)) response.status(304).end();
    else response.end(png);
  }
}
