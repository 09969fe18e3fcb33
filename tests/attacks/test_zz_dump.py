import sys
def test_dump(app, truth):
    from erp.documents.types import declared
    print(list(declared()))
    for r in sorted(app.url_map.iter_rules(), key=lambda r: r.rule):
        if any(r.rule.startswith(f"/{n}/") or r.rule.startswith(f"/api/v1/{n}/") for n in list(declared())[1:]): continue
        v = app.view_functions[r.endpoint]
        print(r.rule, r.endpoint, sorted(r.methods), list(r._converters))
    print([x[0] for x in truth("select table_name from information_schema.tables where table_schema='public' order by 1")])
    print([ (x[0],x[1],x[2]) for x in truth("select r.name, p.name, v.name from ab_role r left join ab_permission_view_role a on a.role_id=r.id left join ab_permission_view pv on pv.id=a.permission_view_id left join ab_permission p on p.id=pv.permission_id left join ab_view_menu v on v.id=pv.view_menu_id order by 1,3,2")])
