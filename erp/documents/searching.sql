-- The search index: how texts become words, and how words are found. Laid anew after every migration by `searching`.
--
-- A word in the index is `<tenant>:<table>:<word>`, so a search reads only its own tenant's words of one table, whatever
-- other tenants have written. `@@` is not leakproof: below row-level security no index could serve it. That is why the
-- functions that find run as the owner and take the tenant from the transaction themselves.

-- Lower case, Western digits, Arabic letters as Persian ones, no accents, vowel signs or invisible joiners.
create or replace function public.search_plain(given text) returns text
language sql immutable parallel safe as $$
  -- most texts are plain ASCII, of which nothing but capitals is another
  select case when octet_length(given) = length(given) then lower(given) else translate(
    lower(regexp_replace(
      normalize(given, NFKD), '[\u0300-\u036f\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u200b-\u200f]', '', 'g'
    )),
    '۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩يىكةۀ', '01234567890123456789ییکهه'
  ) end
$$;

-- The words of a plain text: what stands between spaces, each as the parts that punctuation leaves.
create or replace function public.search_chunks(plain text) returns setof text[]
language sql immutable parallel safe as $$
  select parts from (
    select array_remove(
      regexp_split_to_array(chunk, '[\x01-\x2f:-@[-`{-\u00bf\u060c\u061b\u061f\u066a-\u066d\u06d4\u2010-\u206f\u3000-\u303f]+'), ''
    ) as parts
    from regexp_split_to_table(left(plain, 2000), '[\s\u00a0]+') as chunk
  ) as split
  where cardinality(parts) > 0
$$;

-- What a text can be found by: `RO-2026-0482` by ro20260482, 20260482, 0482 and 482.
create or replace function public.search_words(given text) returns setof text
language sql immutable parallel safe as $$
  select distinct left(word, 60)
  from public.search_chunks(public.search_plain(given)) as parts,
    generate_series(1, least(cardinality(parts), 8)) as first,
    lateral (select array_to_string(parts[first:], '') as tail) as joined,
    lateral (values (tail), (ltrim(tail, '0'))) as ways (word)
  where word <> ''
$$;

-- What a phone number can be found by: any digits in it from somewhere to its end, so that the country code and a leading
-- zero may be left out.
create or replace function public.search_digits(given text) returns setof text
language sql immutable parallel safe as $$
  select right(digits, size)
  from (select left(regexp_replace(public.search_plain(given), '[^0-9]', '', 'g'), 20) as digits) as plain,
    generate_series(least(3, length(digits)), length(digits)) as size
  where digits <> ''
$$;

-- A whole text as one word, to tell an exact hit.
create or replace function public.search_key(given text) returns text
language sql immutable parallel safe as $$
  select nullif(left(regexp_replace(left(public.search_plain(given), 2000),
    '[\x01-\x2f:-@[-`{-\u00bf\u060c\u061b\u061f\u066a-\u066d\u06d4\u2010-\u206f\u3000-\u303f\s]+', '', 'g'), 80), '')
$$;

create or replace function public.search_tenant() returns bigint
language sql stable parallel safe as $$
  select nullif(current_setting('app.tenant_id', true), '')::bigint
$$;

-- What is asked of a table: each word the beginning of one of its words, a leading zero or not. Null when nothing is asked.
create or replace function public.search_asked(kind text, given text) returns tsquery
language plpgsql stable parallel safe as $$
declare
  home constant text := public.search_tenant() || ':' || kind || ':';
  asked tsquery;
  word text;
  one tsquery;
begin
  for word in select left(array_to_string(parts, ''), 60) from public.search_chunks(public.search_plain(given)) as parts limit 8 loop
    one := (quote_literal(home || word) || ':*')::tsquery;
    if word ~ '^0+[^0]' then
      one := one || (quote_literal(home || ltrim(word, '0')) || ':*')::tsquery;
    end if;
    asked := coalesce(asked && one, one);
  end loop;
  return asked;
end
$$;

-- The rows of a table that hold every word asked for.
create or replace function public.search_rows(kind text, given text) returns setof bigint
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
  asked constant tsquery := public.search_asked(kind, given);
begin
  return query
    select entry.row_id from public.search_entry entry
    where entry.words @@ asked and entry.tenant_id = public.search_tenant() and entry.document_type = kind;
end
$$;

-- The likeliest rows of several tables: at most `wanted` of each, those called exactly so first, then the newest.
-- Words that nearly every row has are found among the newest entries; only rarer ones need the whole index.
create or replace function public.search_likely(kinds text[], given text, wanted int)
returns table (document_type text, row_id bigint, is_exact boolean)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
  own constant bigint := public.search_tenant();
  whole constant text := public.search_key(given);
  kind text;
  asked tsquery;
  found_ids bigint[];
begin
  return query
    select entry.document_type::text, entry.row_id, true from public.search_entry entry
    where entry.tenant_id = own and entry.key = whole and entry.document_type = any (kinds)
    limit wanted;
  foreach kind in array kinds loop
    return query
      select kind, entry.row_id, true from public.search_entry entry
      where entry.words @@ (quote_literal(own || ':' || kind || ':=' || ltrim(whole, '0')))::tsquery
        and entry.tenant_id = own and entry.document_type = kind
      limit wanted;
    asked := public.search_asked(kind, given);
    found_ids := array(
      select recent.row_id from (
        select entry.row_id, entry.words from public.search_entry entry
        where entry.tenant_id = own and entry.document_type = kind
        order by entry.row_id desc limit 2000
      ) recent
      where recent.words @@ asked limit wanted
    );
    if cardinality(found_ids) < wanted then
      found_ids := array(
        select entry.row_id from public.search_entry entry
        where entry.words @@ asked and entry.tenant_id = own and entry.document_type = kind
        order by entry.row_id + 0 desc limit wanted
      );
    end if;
    return query select kind, each, false from unnest(found_ids) as each;
  end loop;
end
$$;
